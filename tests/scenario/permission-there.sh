#!/bin/bash
# needs: userspace
# The agent's user has no privileges: the same is said of that side, and works there.
. "$(dirname "$0")/lib.sh"

on host2 zfs create tank/backup
on host1 zfs create -o compression=lz4 -o atime=off tank/a
echo "first words" | put host1 tank/a file
expect_status 1 on host1 env ZREP_PATH="env ${user[*]} zrep" zrep init tank/a host2 tank/backup/a
says 'tank/backup/a' 'on host2' 'permission denied' 'as root on host2: zfs allow -u'
hasnt host2 tank/backup/a
allow
expect_status 0 on host1 env ZREP_PATH="env ${user[*]} zrep" zrep init tank/a host2 tank/backup/a
for words in "second words" "third words"; do
	echo "$words" | put host1 tank/a file
	expect_status 0 on host1 env ZREP_PATH="env ${user[*]} zrep" zrep sync tank/a
	same file host1 tank/a host2 tank/backup/a
done
