#!/bin/bash
# A quota over the destination is reached in the middle of a stream.
. "$(dirname "$0")/lib.sh"

on host2 zfs create -o quota=24M tank/limited
on host1 zfs create tank/a
fill host1 tank/a file 5
expect_status 0 zrep init tank/a host2 tank/limited/a
fill host1 tank/a big 60
expect_status 1 zrep sync tank/a
says 'tank/limited/a' host2 'quota' 'run the same command again'
on host2 zfs set quota=none tank/limited
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/limited/a
same file host1 tank/a host2 tank/limited/a
