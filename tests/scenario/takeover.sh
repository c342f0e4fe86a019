#!/bin/bash
# always
# The replica's host asks for the role.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
unchanged expect_status 0 on host2 zrep -n takeover tank/a
says 'host1: make read-only tank/a' 'host2: decide tank/a' 'zrep:switch=entering 1'
expect_status 0 on host2 zrep takeover tank/a
says 'tank/a on host2 is the master of epoch 1; tank/a on host1 is the replica (read-only for'
is "$(get host2 tank/a file)" 'second words'
leads host2
unchanged expect_status 0 on host2 zrep takeover tank/a
says 'tank/a on host2 is already the master of epoch 1'

# A big last change, and a snapshot of somebody's.
fill host2 tank/a big 8
on host2 zfs snapshot tank/a@mine
fill host2 tank/a big2 2
expect_status 0 zrep takeover tank/a
same big host1 tank/a host2 tank/a
same big2 host1 tank/a host2 tank/a
is "$(guid host1 tank/a@mine)" "$(guid host2 tank/a@mine)"
leads host1

on host2 zfs create tank/plain
refuses 3 on host2 zrep takeover tank/plain
says 'tank/plain on host2 is not replicated by zrep'
