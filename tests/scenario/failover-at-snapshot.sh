#!/bin/bash
# What was written last is bad: either side goes back to an older snapshot, which the other then follows.
. "$(dirname "$0")/lib.sh"

pair
for words in "good words" "bad words" "worse words"; do
	echo "$words" | put host1 tank/a file
	synced
done
for verb in takeover failover; do
	unchanged expect_status 2 zrep $verb tank/a@zrep_000001
	says 'needs -L' "zrep $verb -L tank/a@zrep_000001"
done
refuses 3 on host2 zrep -y takeover -L tank/a@none
says 'tank/a on host2 has no snapshot @none'
refuses 3 on host2 zrep takeover -L tank/a@zrep_000001
says 'say -y'
expect_status 0 on host2 zrep -y takeover -L tank/a@zrep_000001
says 'goes back to @zrep_000001: 2 newer snapshots' 'preserved'
is "$(get host2 tank/a file)" 'good words'
is "$(get host2 "$(kept host2)" file)" 'worse words'
is "$(roles host2)" 'yes host2 tank/a host1 tank/a - off'
is "$(prop host2 tank/a zrep:fork)" "$(guid host2 tank/a@zrep_000001)"
refuses 3 zrep sync tank/a
says superseded
expect_status 0 zrep rejoin tank/a
is "$(get host1 tank/a file)" 'good words'
is "$(get host1 "$(kept host1)" file)" 'worse words'
leads host2

# The same on the master.
echo "better words" | put host2 tank/a file
on host2 zfs snapshot tank/a@better
echo "bad again" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
echo "bad and not sent" | put host2 tank/a file
on host2 zfs destroy -r "$(kept host2)"
refuses 3 on host2 zrep -y failover -L tank/a@none
says 'tank/a on host2 has no snapshot @none'
expect_status 0 on host2 zrep -y failover -L tank/a@better
is "$(get host2 tank/a file)" 'better words'
is "$(get host2 "$(kept host2)" file)" 'bad and not sent'
is "$(roles host2)" '- host1 tank/a host2 tank/a - on'
expect_status 0 on host2 zrep takeover tank/a
is "$(get host2 tank/a file)" 'better words'
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host1 was changed'
expect_status 0 zrep rejoin tank/a
is "$(get host1 tank/a file)" 'better words'
leads host2

# Destroyed instead.
echo "bad once more" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
expect_status 0 zrep -y takeover -L --discard tank/a@better
says 'are destroyed'
is "$(snaps host1 tank/a | awk '{ print $NF }')" better
expect_status 0 zrep -y rejoin --discard tank/a
leads host1
