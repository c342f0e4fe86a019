#!/bin/bash
# limit: 300
# What is below a dataset, belongs to zrep and does not move with it is in the way of a change of the role: check tells it as
# failover and takeover do, from either side. And a copy is not put into a copy of the same.
. "$(dirname "$0")/lib.sh"

lab up host3

# stuck DATASET CHILD: check of DATASET tells, from either side, that it cannot move because of CHILD.
stuck() {
	local host
	for host in host1 host2; do
		unchanged expect_status 2 on $host zrep check "$1"
		says "$2"
	done
}

# A child with another place of its own, on the same host: a failover takes it along, a takeover does not.
on host1 zfs create -p tank/t/k
zrep init tank/t/k host2 tank/kk
zrep init -R tank/t host2 tank/t
zrep sync all
expect_status 3 on host2 zrep takeover tank/t
for host in host1 host2; do
	unchanged expect_status 1 on $host zrep check tank/t
	says 'a takeover of tank/t on host2 would be refused' 'tank/t/k' 'on host1: zrep failover tank/t takes it along'
done
expect_status 0 zrep failover tank/t
leads host2 tank/t

# To a third host: the role of what is above cannot move at all.
on host1 zfs create -p tank/s/k
zrep init tank/s host2 tank/s
zrep -t c init tank/s/k host3 tank/k
expect_status 3 zrep failover tank/s
stuck tank/s tank/s/k
on host1 zfs create tank/r
zrep init -R tank/r host2 tank/r
on host1 zfs create tank/r/k
zrep init tank/r/k host3 tank/rk
expect_status 3 zrep failover tank/r
stuck tank/r tank/r/k

# Two pairs, no tree: they move together, so one that cannot is told of the other.
on host1 zfs create -p tank/x/y
zrep init tank/x host2 tank/x
zrep init tank/x/y host2 tank/x/y
unchanged expect_status 0 zrep check tank/x
on host2 sh -c 'zfs set readonly=off tank/x/y && echo changed | uzctl put tank/x/y file && zfs snapshot tank/x/y@theirs && zfs set readonly=on tank/x/y'
expect_status 3 zrep failover tank/x
stuck tank/x tank/x/y

# What another host sends into a tree joins it with the next sync, which then cannot move.
on host1 zfs create tank/v
on host3 zfs create tank/v
zrep init -R tank/v host2 tank/v
on host3 zrep -t c init tank/v host1 tank/v/far
unchanged expect_status 2 zrep check tank/v
says 'tank/v/far on host1 is the replica of tank/v on host3 under tag c' 'zfs set zrep:exclude=yes tank/v/far'
on host1 zfs set zrep:exclude=yes tank/v/far
unchanged expect_status 0 zrep check tank/v
expect_status 0 zrep failover tank/v
leads host2 tank/v

# A copy in a copy of the same.
on host1 zfs create tank/n
zrep init -R tank/n host2 tank/n
refuses 3 zrep -t c init -R tank/n host2 tank/n/copy
says 'a copy in a copy of the same'
