#!/bin/bash
# The destination's pool runs full in the middle of a stream.
. "$(dirname "$0")/lib.sh"

on host2 sh -c 'mkdir -p ~/scenario && truncate -s 96M ~/scenario/disk && zpool create -O mountpoint=none small ~/scenario/disk'
on host1 zfs create tank/a
fill host1 tank/a file 5
expect_status 0 zrep init tank/a host2 small/a
fill host1 tank/a big 90
expect_status 1 zrep sync tank/a
says 'small/a' host2 'full' 'free space in pool small on host2'
is "$(guid host1 tank/a@zrep_000000)" "$(guid host2 small/a@zrep_000000)"
expect_status 0 zrep status
says failed

# Too much from the start is not even begun.
on host1 zfs create tank/b
fill host1 tank/b big 100
refuses 3 zrep init tank/b host2 small/b
says 'tank/b on host1 takes about 100' 'small on host2 has' 'free space on host2'

# Room is made by growing the pool.
on host2 sh -c 'truncate -s 256M ~/scenario/disk && zpool online -e small ~/scenario/disk'
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 small/a
