#!/bin/bash
# limit: 300
# A star, A to B (tag zrep) and A to C (tag c): the role moves over one link and turns only that, back and forth. All
# follow, by increments, and there is never a second master.
. "$(dirname "$0")/lib-set.sh"

star
for i in 1 2 3 4 5; do
	[[ $i -ne 2 ]] || write host1 "words A$i" # and not synced before
	expect_status 0 zrep failover tank/a
	one_master host2
	write host2 "words B$i"
	expect_status 0 on host2 zrep sync tank/a
	expect_status 0 c host1 sync tank/a
	in_step
	expect_status 0 on host2 zrep failover tank/a
	one_master host1
	write host1 "back to A$i"
	expect_status 0 zrep sync tank/a
	expect_status 0 c host1 sync tank/a
	in_step
done
no_full_copy

# To C, under its own tag, and from there to B: it goes by A, in two commands, which are named.
expect_status 0 c host1 failover tank/a
one_master host3
write host3 'words C'
expect_status 0 c host3 sync tank/a
expect_status 0 zrep sync tank/a
in_step
refuses 3 zrep failover tank/a
says 'under tag c it is the replica of tank/a on host3' 'on host3, zrep -t c failover tank/a'
expect_status 0 c host3 failover tank/a
expect_status 0 zrep failover tank/a
one_master host2
write host2 'words B again'
expect_status 0 on host2 zrep sync tank/a
expect_status 0 c host1 sync tank/a
in_step
no_full_copy

# Nothing of the former master's other link touches the new one, with every kind of force.
for what in 'sync -f' 'init -f' 'doctor --fix' 'rejoin --force --discard' 'failover' 'takeover'; do
	write host2 "words $what"
	for host in host1 host3; do
		# shellcheck disable=SC2086
		c $host -y $what tank/a >/dev/null 2>&1 || true
	done
	one_master host2
	is "$(get host2 tank/a file)" "words $what"
done
