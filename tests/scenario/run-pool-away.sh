#!/bin/bash
# zrep run, while a pool is exported: it says so once, for the pool, goes on with the others, and by itself when it is back;
# one that begins without the pool says it as well.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

on host1 sh -c 'truncate -s 128M ~/disk-data; zpool create -O mountpoint=none data ~/disk-data'
back() { on host1 sh -c 'zpool import -d ~ data'; }
pair tank/a
for ds in a b; do
	on host1 zfs create "data/$ds"
	echo one | put host1 "data/$ds" file
	expect_status 0 zrep init "data/$ds" host2 "tank/data-$ds"
done
stays host1 --every 1s
arrives one host1 host2
away='pool data is not imported on host1: 2 datasets in it cannot be synced'

on host1 zpool export data
within 20 told host1 "$away"
told host1 'on host1: zpool import data; they are synced again by themselves then'
arrives two host1 host2
sleep 8
told_times host1 'pool data' 1
back
within 20 told host1 'pool data is there again'
echo three | put host1 data/b file
within 20 has_text host2 tank/data-b three
leaves host1

on host1 zpool export data
stays host1 --every 1s
within 20 told host1 "$away"
back
within 20 told host1 'pool data is there again'
leaves host1
synced tank/a
