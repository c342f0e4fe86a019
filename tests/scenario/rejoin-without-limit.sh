#!/bin/bash
# A limit that a sync has lifted from the replica is no limit when that comes back as it was: nothing is said of it.
. "$(dirname "$0")/lib.sh"

pair
on host2 zfs set refquota=50M tank/a
echo more | put host1 tank/a file
expect_status 0 zrep sync tank/a
is "$(prop host2 tank/a refquota)" 0
spoil host2 tank/a mine
expect_status 0 on host2 zrep rejoin tank/a
says_not 'cannot set property'
is "$(prop host2 tank/a refquota)" 0
synced
