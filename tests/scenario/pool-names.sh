#!/bin/bash
# A pool's own filesystem as the source, and as the destination, which it cannot be.
. "$(dirname "$0")/lib.sh"

echo "of the pool" | put host1 tank file
on host1 zfs create tank/a
expect_status 0 zrep init tank host2 tank/copy
echo "more of the pool" | put host1 tank file
expect_status 0 zrep sync tank
same file host1 tank host2 tank/copy
refuses 3 zrep init tank/a host2 tank
says 'tank on host2 is a pool' 'such as tank/a'
refuses 3 zrep init tank/a host2 nopool
says 'there is no pool nopool on host2'
refuses 3 zrep -t other init tank host2 tank
says 'tank on host2 is a pool' 'such as tank/tank'
refuses 3 zrep -t other init tank localhost tank/copy
says 'tank cannot be replicated into itself'

# What is below it stays what it is.
echo "of a" | put host1 tank/a file
expect_status 0 zrep failover tank
says '1 dataset below tank on host1'
is "$(roles host2 tank/copy)" 'yes host2 tank/copy host1 tank - off'
echo "of the other side" | put host2 tank/copy file
expect_status 0 on host2 zrep failover tank/copy
is "$(get host1 tank file)" 'of the other side'
echo "still of a" | put host1 tank/a file
