#!/bin/bash
# The destination was changed: nothing is sent, until -f says that it may go, which is then named.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
spoil host2 tank/a mine
refuses 3 zrep sync tank/a
says 'tank/a on host2 was changed' '@mine' 'zrep sync -f tank/a'

on host2 zfs set readonly=off tank/a
echo "not from the master" | put host2 tank/a file
refuses 3 zrep sync tank/a
says 'tank/a on host2 was changed' '@mine' 'written since'
on host2 zfs set readonly=on tank/a
expect_status 0 zrep sync -f tank/a
says '@mine' 'rolled back to @zrep_000000'
hasnt host2 tank/a@mine
same file host1 tank/a host2 tank/a
synced

# Written, and no snapshot.
on host2 zfs set readonly=off tank/a
echo "not from the master" | put host2 tank/a file
on host2 zfs set readonly=on tank/a
refuses 3 zrep sync tank/a
expect_status 0 zrep sync -f tank/a
same file host1 tank/a host2 tank/a

# What somebody holds does not go even so.
on host2 zfs snapshot tank/a@mine
on host2 zfs hold me tank/a@mine
echo "fourth words" | put host1 tank/a file
refuses 3 zrep sync -f tank/a
says 'tank/a@mine on host2 is held' 'zfs release '
has host2 tank/a@mine
on host2 zfs release me tank/a@mine
expect_status 0 zrep sync -f tank/a
synced
