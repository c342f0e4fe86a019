#!/bin/bash
# A dataset of a tree was destroyed, and another one renamed to its name: the copy of the first is put aside, and the other's
# has its place. So it is where the first was moved out of the tree, and goes on elsewhere.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

on host1 zfs create tank/a
for d in one two two/in three; do on host1 zfs create "tank/a/$d"; echo "$d" | put host1 "tank/a/$d" "${d##*/}"; done
zrep init -R tank/a host2 tank/a >/dev/null
two=$(on host2 zfs get -Hpo value guid tank/a/two)

on host1 zfs release zrep tank/a/one@zrep_000000
on host1 zfs destroy -r tank/a/one
on host1 zfs rename tank/a/two tank/a/one
unchanged expect_status 0 zrep status tank/a
unchanged expect_status 1 zrep check tank/a
says 'zrep failover tank/a takes it along'
unchanged expect_status 0 zrep failover -n tank/a
says 'first the tree is synced as it is then'
unchanged expect_status 0 zrep sync -n tank/a
says 'it is left out until the copy of what had that name before, tank/a/one on host2, is put aside'
expect_status 0 zrep sync tank/a
says 'tank/a/one is another dataset now: its copy on host2 is preserved there as tank/a/one_kept_' 'tank/a/two was renamed to tank/a/one on host1: so is tank/a/two on host2'
is "$(on host2 zfs get -Hpo value guid tank/a/one)" "$two"
same two host1 tank/a/one host2 tank/a/one
same in host1 tank/a/one/in host2 tank/a/one/in
kept=$(on host2 zfs list -Hro name tank/a | grep one_kept_)
is "$(get host2 "$kept" one)" one
synced
expect_status 0 zrep check tank/a

# Moved out of the tree, and its name is another's.
on host1 zfs rename tank/a/three tank/three
on host1 zfs rename tank/a/one tank/a/three
expect_status 0 zrep sync tank/a
says 'tank/a/three is another dataset now: its copy on host2 is preserved there as tank/a/three_kept_' 'if it was moved out of the tree on host1, it goes on with that copy: on host2, zrep changeconfig -f -d '
same two host1 tank/a/three host2 tank/a/three
kept=$(on host2 zfs list -Hro name tank/a | grep three_kept_)
expect_status 0 on host2 zrep changeconfig -f -d "$kept" host1 tank/three

# Moved into a new one, which is paused.
on host1 zfs create -o zrep:paused=yes tank/a/new
on host1 zfs rename tank/a/three tank/a/new/three
fails 3 host1 zrep sync tank/a
remedy host1 'zfs set zrep:paused=no tank/a/new'
expect_status 0 zrep sync tank/a # makes what it is to be in
expect_status 0 zrep sync tank/a
same two host1 tank/a/new/three host2 tank/a/new/three
expect_status 0 zrep check tank/a
