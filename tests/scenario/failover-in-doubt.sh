#!/bin/bash
# The other host is gone just when it may have decided: the master stays read-only and says so, until that host
# can be asked, or somebody decides.
. "$(dirname "$0")/lib.sh"

in_doubt() {
	says 'tank/a on host1 is in doubt: it was being demoted in favour of host2 as the master of epoch 1' 'it stays read-only' \
		'zrep takeover -L --force tank/a'
	is "$(roles host1)" 'yes host1 tank/a host2 tank/a leaving 1 on'
}

pair
late host1 16
# While zrep itself lives, it knows that it asked nobody to decide.
begin 8 zrep failover tank/a
lab kill host2
ended 5
says 'tank/a on host1 stays the master, and is writable again'
is "$(roles host1)" 'yes host1 tank/a host2 tank/a - off'
lab start host2
leads host1

# Killed, it cannot say.
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
lab kill host2
expect_status 0 zrep status
says ' leaving' 'in the middle of a role change (leaving 1)' 'zrep doctor --fix tank/a'
expect_status 5 zrep doctor --fix tank/a
in_doubt
! echo "not now" | put host1 tank/a file 2>/dev/null || fail 'it is writable'
for verb in 'sync tank/a' 'sync all' 'failover tank/a'; do
	# shellcheck disable=SC2086
	expect_status 5 zrep $verb
	in_doubt
done
is "$(on host1 zrep --json status tank/a 2>/dev/null | jq -r '.datasets."tank/a".state')" leaving
lab start host2
expect_status 0 zrep sync tank/a
says 'tank/a on host1 stays the master, and is writable again'
leads host1

# The operator's own word.
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
lab kill host2
before=$(state host1)
expect_status 3 zrep -y takeover -L tank/a
says 'tank/a on host1 is in doubt' 'zrep takeover -L --force tank/a'
is "$(state host1)" "$before"
unhook host1
expect_status 0 zrep -y takeover -L --force tank/a
is "$(roles host1)" 'yes host1 tank/a host2 tank/a - off'
is "$(prop host1 tank/a zrep:epoch)" 102
lab start host2
leads host1
expect_status 0 zrep failover tank/a
leads host2
