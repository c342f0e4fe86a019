#!/bin/bash
# needs: userspace
# A copy of the replica on a third host that fetches is refused, and that is no news of the master's. Nor is anything
# broken left out where a host is asked for all that it has.
. "$(dirname "$0")/lib.sh"

lab up host3
pair
on host1 zfs snapshot tank/a@bk
on host1 sh -c 'zfs send -R tank/a@bk | ssh host3 zfs receive -u tank/a'
echo two | put host1 tank/a file
synced
for what in tank/a all; do
	expect_status 3 on host3 zrep refresh $what
	says 'is not the replica that'
	is "$(prop host1 tank/a zrep:error)" -
	expect_status 0 zrep status -m
done
# What the replica's own refresh is refused for is news.
on host2 zfs set readonly=off tank/a
echo "somebody's" | put host2 tank/a file
expect_status 3 on host2 zrep refresh tank/a
says 'on host1, zrep sync -f tank/a discards them' # it is pasted there
expect_status 1 zrep status -m
expect_status 0 zrep sync -f tank/a
on host2 zfs set readonly=on tank/a

# A copy beside the replica is told by both, named or not.
on host2 sh -c 'zfs send -R tank/a@bk | zfs receive -u tank/copy'
expect_status 2 on host2 zrep status -m
expect_status 2 on host2 zrep check
says CRITICAL 'tank/copy'
expect_status 0 zrep check
on host2 zfs destroy -r tank/copy
expect_status 0 on host2 zrep check

# An epoch that cannot be read counts as 0.
for value in 99999999999999999999999 zz -5; do
	on host1 zfs set "zrep:epoch=$value" tank/a
	for cmd in check 'status -m'; do
		# shellcheck disable=SC2086
		expect_status 2 zrep $cmd
		says "zrep:epoch \"$value\" is no number, and counts as 0"
	done
	expect_status 0 zrep status
	says "zrep:epoch \"$value\" is no number, and counts as 0" 'zfs set zrep:epoch=NUMBER tank/a'
	expect_status 0 zrep metrics
	says 'zrep_verdict{dataset="tank/a",tag="zrep",peer="host2:tank/a"} 2'
done
on host1 zfs inherit zrep:epoch tank/a
expect_status 0 zrep check

# What another tag forbids is said at once, not by the command that the first message tells to run.
on host1 zfs create tank/b
echo one | put host1 tank/b file
expect_status 0 zrep init tank/b host2 tank/b
expect_status 0 on host2 zrep -y takeover -L tank/b
on host1 zfs set c:src-host=host3 tank/b # half a pair: nobody can tell what it means
expect_status 3 zrep sync tank/b
says 'was superseded' 'zrep rejoin would be refused'
says_not 'on host1, zrep rejoin tank/b'
on host1 zfs inherit c:src-host tank/b
expect_status 3 zrep sync tank/b
says 'was superseded' 'on host1, zrep rejoin tank/b'
