#!/bin/bash
# A child of a tree is moved out of it on the master: its copy is put aside there by the next sync, and goes on under the new
# name by what is printed. What has taken its place in the tree since keeps its replica.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -p tank/t/c
echo one | put host1 tank/t/c file
zrep init -R tank/t host2 tank/t
on host1 zfs rename tank/t/c tank/c
echo two | put host1 tank/c file
on host1 zfs create tank/t/c
echo new | put host1 tank/t/c file
expect_status 0 zrep sync tank/t
kept=$(kept host2 tank/t/c)
says "zrep changeconfig -f -d $kept host1 NEW-NAME"
expect_status 3 zrep sync tank/c
says 'zrep changeconfig tank/c host2 tank/t/c'
expect_status 3 zrep changeconfig tank/c host2 tank/t/c
says 'tank/t/c on host2 is the replica of tank/t/c on host1' '_kept_'
is "$(prop host1 tank/c zrep:dest-fs) $(prop host2 tank/t/c zrep:src-fs)" 'tank/t/c tank/t/c'

expect_status 0 on host2 zrep changeconfig -f -d "$kept" host1 tank/c
says "on host1: zrep changeconfig -f tank/c host2 $kept"
expect_status 0 zrep changeconfig -f tank/c host2 "$kept"
expect_status 0 zrep sync all
is "$(get host2 "$kept" file) $(get host2 tank/t/c file)" 'two new'
expect_status 0 zrep check

# The words of the pair in its place are stored on the replica's side alone: what is said then leads nobody to that replica.
on host1 zfs set zrep:dest-fs=tank/t/c tank/c
expect_status 3 zrep sync tank/c
says_not 'on host2: zrep changeconfig' 'changeconfig -d tank/t/c'
expect_status 0 zrep changeconfig tank/c host2 "$kept"
expect_status 0 zrep sync all
expect_status 0 zrep check

# Its pair moves by itself, and the tree without it.
expect_status 0 zrep failover tank/c
expect_status 0 on host2 zrep check "$kept"
expect_status 0 zrep failover tank/t
is "$(prop host2 "$kept" zrep:master) $(prop host2 tank/t/c zrep:master)" 'yes yes'
on host2 zrep sync all
expect_status 0 on host2 zrep check
