#!/bin/bash
# What takes long in zrep run holds up nothing else: neither what is written meanwhile, nor what was written at the same time, nor
# another that takes as long.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

has_much() { cmp -s "$WORK/much" <(get host2 "$1" much 2>/dev/null); }
for ds in a b big large; do pair tank/$ds; done
dd if=/dev/urandom of="$WORK/much" bs=1M count=150 2>/dev/null
stays host1 --every 1s --limit 10M
arrives one host1 host2

# Both at once, as one round would find them: the small one is not to wait for the other.
on host1 zrep pause tank/big >/dev/null
sleep 6
put host1 tank/big much <"$WORK/much"
echo two | put host1 tank/a file
on host1 zrep unpause tank/big >/dev/null
begun=$SECONDS
within 10 has_text host2 tank/a two
! has_much tank/big || fail 'what was to take long has arrived already'
for text in three four; do arrives $text host1 host2; done
arrives five host1 host2 tank/b
# Another that takes long goes beside it.
put host1 tank/large much <"$WORK/much"
arrives six host1 host2
both() { on host2 zfs get -Hpo value receive_resume_token tank/big tank/large | grep -c '^1-' | grep -qx 2; }
within 20 both
arrives seven host1 host2
echo "the small ones arrived within $((SECONDS - begun)) s of what takes 15 s or more"
alive host1
told_times host1 failed 0
# It ends while they are under way, and they go on.
leaves host1
stays host1 --every 1s
within 60 has_much tank/big
within 60 has_much tank/large
# In one thread at a time it works as well.
leaves host1
stays host1 --every 1s -P 1
arrives eight host1 host2
arrives nine host1 host2 tank/big
leaves host1
