#!/bin/bash
# needs: userspace
# The pair moves to a third host, and the former replica, which nobody tells, goes on as before: nothing of the real pair
# is touched.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-copy.sh"

lab up host3
pair
on host1 sh -c 'zfs send tank/a@zrep_000000 | ssh host3 zfs receive -u tank/a'
expect_status 0 zrep changeconfig -f tank/a host3 tank/a
expect_status 0 zrep sentsync tank/a@zrep_000000
echo two | put host1 tank/a file
expect_status 0 zrep sync tank/a
for verb in 'refresh tank/a' 'refresh all' 'refresh -f tank/a' 'takeover tank/a' 'rejoin tank/a' 'expire tank/a'; do
	# shellcheck disable=SC2086
	third refuses 3 on host2 zrep $verb
	says 'tank/a on host2 is not the replica that tank/a on host1 syncs to: that is tank/a on host3' \
		'on host1, zrep changeconfig tank/a host2 tank/a'
done
third unchanged expect_status 1 on host2 zrep doctor --fix tank/a
says 'is not the replica that tank/a on host1 syncs to'
third unchanged expect_status 2 on host2 zrep check tank/a
says CRITICAL 'is not the replica that tank/a on host1 syncs to'
for i in 1 2 3 4 5 6 7; do
	echo "words $i" | put host1 tank/a file
	expect_status 3 on host2 zrep refresh all
done
is "$(holds host1 tank/a@zrep_000001)" zrep
expect_status 0 zrep sync tank/a
same file host1 tank/a host3 tank/a
expect_status 0 on host3 zrep check tank/a

# What it says is what makes it the replica again.
refuses 3 on host2 zrep refresh tank/a
expect_status 0 zrep changeconfig tank/a host2 tank/a
expect_status 0 on host2 zrep refresh tank/a
same file host1 tank/a host2 tank/a

# Under a tag, the command has it.
on host1 zfs create tank/b
expect_status 0 zrep -t second init tank/b host2 tank/b
expect_status 0 zrep -t second changeconfig tank/b host3 tank/b
refuses 3 on host2 zrep -t second refresh tank/b
says 'zrep -t second changeconfig tank/b host2 tank/b'

# The master gave its role up to host3, and the former replica on host2 is not whom it waits for.
on host1 zfs create tank/c
expect_status 0 zrep init tank/c host3 tank/c
on host1 sh -c 'zfs send -R tank/c@zrep_000000 | ssh host2 zfs receive -u tank/c'
on host2 zfs set readonly=on tank/c
expect_status 0 on host2 zrep changeconfig -d tank/c host1 tank/c
expect_status 0 zrep -y failover -L tank/c
third refuses 3 on host2 zrep takeover tank/c
says 'tank/c on host2 is not the one that tank/c on host1 gave its role up to: that is tank/c on host3'
expect_status 0 on host3 zrep takeover tank/c
