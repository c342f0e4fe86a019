#!/bin/bash
# What is at the destination already is never taken for a replica, let alone overwritten.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
on host2 zfs create tank/a
refuses 3 zrep init tank/a host2 tank/a
says 'tank/a on host2 exists'
echo "of somebody" | put host2 tank/a file
on host2 zfs snapshot tank/a@mine
refuses 3 zrep init tank/a host2 tank/a
is "$(get host2 tank/a file)" 'of somebody'

# Another pair's replica, and a master.
pair tank/b
refuses 3 zrep init tank/a host2 tank/b
says 'tank/b on host2'
refuses 3 on host2 zrep init tank/a host1 tank/b
says 'tank/b on host1'

# Two datasets with one destination.
on host1 zfs create tank/c
on host1 sh -c 'for p in src-host=host1 src-fs=tank/c dest-host=host2 dest-fs=tank/b master=yes; do zfs set zrep:$p tank/c; done'
refuses 3 zrep sync tank/c
says 'tank/b on host2 is not the replica of tank/c on host1'
