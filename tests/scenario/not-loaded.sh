#!/bin/bash
# needs: userspace
# ZFS is not loaded: here, or there.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
for verb in 'sync tank/a' 'sync all' 'status' 'list' 'expire' 'clear -f tank/a' 'init tank/a host2 tank/b'; do
	# shellcheck disable=SC2086
	refuses 1 on host1 env UZFS_SOCK=/nowhere zrep $verb
	says 'host1: ZFS is not loaded' 'modprobe zfs'
done
unchanged expect_status 1 on host1 env ZREP_PATH='env UZFS_SOCK=/nowhere zrep' zrep sync tank/a
says 'tank/a' 'host2: ZFS is not loaded' 'host2 says: load the module'
synced
