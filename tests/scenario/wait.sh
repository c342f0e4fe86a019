#!/bin/bash
# --wait: what somebody else is at work on is waited for, on either side, and no longer than said.
. "$(dirname "$0")/lib.sh"

# The lock is taken before the snapshot.
has_snapshot() { has "$1" "tank/a$2"; }
pair
pair tank/b
head -c 3000000 /dev/urandom | put host1 tank/a file
on host1 zrep --limit 300K sync tank/a >"$WORK/long" 2>&1 &
job=$!
within 10 has_snapshot host1 @zrep_000001
expect_status 4 zrep failover tank/a
began=$SECONDS
expect_status 4 zrep --wait 2 failover tank/a
[[ $((SECONDS - began)) -ge 2 && $((SECONDS - began)) -lt 8 ]] || fail "it waited for $((SECONDS - began)) s"
says 'tank/a on host1 is waited for'
expect_status 0 zrep --wait 100 failover tank/a
says 'tank/a on host1 is waited for' 'on host2 is the master now'
wait "$job" || fail "the sync: $(cat "$WORK/long")"
# Others go on, and none is waited for where nobody is at work.
expect_status 0 zrep --wait 100 sync tank/b
says_not 'waited for'
# On the other side.
next=@zrep_$(printf %06x $((0x$(snaps host2 tank/a | grep -o '[0-9a-f]\{6\}' | tail -n 1) + 1)))
head -c 3000000 /dev/urandom | put host2 tank/a file
on host2 zrep --limit 300K sync tank/a >"$WORK/long" 2>&1 &
job=$!
within 10 has_snapshot host2 "$next"
expect_status 4 zrep takeover tank/a
expect_status 0 zrep --wait 100 takeover tank/a
leads host1
wait "$job" || fail "the sync: $(cat "$WORK/long")"
expect_status 2 zrep --wait soon sync tank/a
expect_status 2 zrep --wait 0 sync tank/a
