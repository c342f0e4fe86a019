#!/bin/bash
# A dataset of the same name below a tree is each host's own. Until somebody says so every verb tells it; taken out on one
# side it is out for good, also when the role has moved and comes back.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -p tank/t/x
on host1 zfs create tank/t/local
on host2 zfs create -p tank/t
on host2 zfs destroy tank/t
on host1 zfs set zrep:exclude=yes tank/t/local
expect_status 0 zrep init -R tank/t host2 tank/t
on host1 zfs inherit zrep:exclude tank/t/local
on host2 zfs create -o readonly=off tank/t/local
echo host1 | put host1 tank/t/local mine
echo host2 | put host2 tank/t/local mine
expect_status 3 zrep sync tank/t
says 'tank/t/local on host2 exists already'
expect_status 2 zrep check tank/t
says 'tank/t/local'
expect_status 3 zrep failover tank/t
says 'tank/t/local'

on host1 zfs set zrep:exclude=yes tank/t/local
expect_status 0 zrep sync tank/t
expect_status 0 zrep check tank/t
for i in 1 2; do
	expect_status 0 zrep failover tank/t
	expect_status 0 on host2 zrep sync tank/t
	says 'tank/t/local on host2 was left out: tank/t/local on host1 is excluded'
	expect_status 0 on host2 zrep check tank/t
	expect_status 0 on host2 zrep failover tank/t
	expect_status 0 zrep sync tank/t
done
is "$(get host1 tank/t/local mine) $(get host2 tank/t/local mine)" 'host1 host2'
is "$(on host2 zfs get -Ho source zrep:src-fs tank/t/local)" "inherited from tank/t"
