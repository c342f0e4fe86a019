#!/bin/bash
# The new master's pool runs full, in the first sync and in the last: the master stays what it was, writable.
. "$(dirname "$0")/lib.sh"

stays() {
	is "$(roles host1)" 'yes host1 tank/a host2 small/a - off'
	echo "still written to" | put host1 tank/a file
	is "$(roles host2 small/a)" '- host1 tank/a host2 small/a - on'
}

on host2 sh -c 'mkdir -p ~/scenario && truncate -s 96M ~/scenario/disk && zpool create -O mountpoint=none small ~/scenario/disk'
on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
fill host1 tank/a ballast 5
expect_status 0 zrep init tank/a host2 small/a
fill host1 tank/a big 90
expect_status 1 zrep failover tank/a
says 'small/a' host2 'full' 'free space in pool small on host2'
stays

on host1 zfs destroy tank/a@zrep_000001
: | put host1 tank/a big
expect_status 0 zrep sync tank/a
late host1 90
expect_status 1 zrep failover tank/a
says 'full' 'free space in pool small on host2' 'tank/a on host1 stays the master, and is writable again'
stays

unhook host1
on host2 sh -c 'truncate -s 512M ~/scenario/disk && zpool online -e small ~/scenario/disk'
expect_status 0 zrep failover tank/a
is "$(roles host2 small/a)" 'yes host2 small/a host1 tank/a - off'
same big host1 tank/a host2 small/a
