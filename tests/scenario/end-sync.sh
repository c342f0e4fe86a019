#!/bin/bash
# A role that has to move does not wait for hours: --end-sync ends the sync that has the dataset locked. A change of the role
# under way gives way to nobody.
. "$(dirname "$0")/lib.sh"

has_snapshot() { has "$1" "tank/b$2"; }
pair
pair tank/b
# One run has both, and is at the other one.
echo "words" | put host1 tank/a file
head -c 6000000 /dev/urandom | put host1 tank/b file
on host1 zrep --limit 300K sync tank/a tank/b >"$WORK/long" 2>&1 &
job=$!
within 10 has_snapshot host1 @zrep_000001
expect_status 4 zrep failover tank/a
began=$SECONDS
expect_status 0 zrep yield --end-sync tank/a
says 'made way' 'tank/a on host1 has made way for tank/a on host2'
[[ $((SECONDS - began)) -lt $(slowly 12) ]] || fail "it took $((SECONDS - began)) s"
wait "$job" && fail 'the sync was not ended'
grep -q 'asked to make way, by: zrep yield' "$WORK/long" || fail "the sync says: $(cat "$WORK/long")"
# Nothing of what had arrived is sent again.
expect_status 0 zrep sync tank/b
says 'tank/b -> host2:tank/b  @zrep_000001'
same file host1 tank/b host2 tank/b
expect_status 0 on host2 zrep takeover tank/a
leads host2

# What changes the role is not ended.
echo 'sleep 25' | hook host2 pre-demote
on host2 zrep failover tank/a >"$WORK/long" 2>&1 &
job=$!
leaving() { [[ $(prop host2 tank/a zrep:switch) == leaving* ]]; }
within 10 leaving
expect_status 4 on host2 zrep yield --end-sync tank/a
wait "$job" || fail "the failover: $(cat "$WORK/long")"
unhook host2
leads host1

# The role alone comes back at once; the rest is the next sync's.
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
head -c 300000 /dev/urandom | put host2 tank/a more
lab start host1
expect_status 0 zrep rejoin --no-sync tank/a
says 'tank/a on host1 is the replica of tank/a on host2 again'
expect_status 10 zrep role tank/a
hasnt_file() { ! get host1 tank/a more >/dev/null 2>&1; }
hasnt_file || fail 'it was synced'
expect_status 0 on host2 zrep sync tank/a
same more host1 tank/a host2 tank/a
leads host2
