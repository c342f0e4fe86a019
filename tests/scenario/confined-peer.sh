#!/bin/bash
# Two hosts whose keys are bound to the subtree of their pair, --role peer on both sides: all that zrep does is done, there and
# nowhere else.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"

beside
before1=$(outside host1) before2=$(outside host2)
for host in host1 host2; do
	on $host zfs create -o mountpoint=none tank/those
	confine $host --under tank/those --role peer
done
on host1 zfs create -o compression=lz4 -o quota=1G tank/those/a
echo "first words" | put host1 tank/those/a file

expect_status 0 zrep init -n tank/those/a host2 tank/those/a
expect_status 0 zrep init tank/those/a host2 tank/those/a
says_not confined
same file host1 tank/those/a host2 tank/those/a

works() { # works HOST: it leads
	local to
	to=$(other "$1")
	echo "from $1, $RANDOM" | put "$1" tank/those/a file
	expect_status 0 on "$1" zrep sync tank/those/a
	says_not 'does not let'
	same file "$1" tank/those/a "$to" tank/those/a
	expect_status 0 on "$1" zrep status tank/those/a
	expect_status 0 on "$to" zrep status tank/those/a
	expect_status 0 on "$1" zrep doctor tank/those/a
	says_not 'does not let'
}
works host1
on host1 zfs set zrep:savecount=2 tank/those/a
on host2 zfs set zrep:savecount=2 tank/those/a
for _ in 1 2 3; do works host1; done
expect_status 0 zrep expire tank/those/a
expect_status 0 zrep failover tank/those/a
says_not 'does not let'
works host2
expect_status 0 on host1 zrep takeover tank/those/a
works host1

# Without the other side, and back: what is kept, and what takes its place.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/those/a
lab join
echo "not sent" | put host1 tank/those/a file
expect_status 3 on host1 zrep sync tank/those/a
expect_status 0 on host1 zrep rejoin tank/those/a
says_not 'does not let'
is "$(get host1 "$(kept host1 tank/those/a)" file)" 'not sent'
on host1 zfs destroy -r "$(kept host1 tank/those/a)"
works host2
# The same, with the winner's host doing it for the other, mountpoint and all.
lab cut
expect_status 0 on host1 zrep -y takeover -L tank/those/a
lab join
on host2 zfs set mountpoint=legacy atime=off exec=on tank/those/a
echo "not sent either" | put host2 tank/those/a file
expect_status 0 on host1 zrep -y rejoin tank/those/a
says_not 'does not let'
is "$(prop host2 tank/those/a mountpoint)" legacy
is "$(prop host2 tank/those/a exec)" on
on host2 zfs destroy -r "$(kept host2 tank/those/a)"
works host1

# A replica that was written to.
on host2 zfs set readonly=off tank/those/a
echo "strange words" | put host2 tank/those/a file
echo "other words" | put host1 tank/those/a file
expect_status 3 zrep sync tank/those/a
expect_status 0 zrep sync -f tank/those/a
is "$(get host2 tank/those/a file)" 'other words'

# Trees, made and moved.
on host1 zfs create -p tank/those/t/x/y
echo "deep words" | put host1 tank/those/t/x/y file
expect_status 0 zrep init -R tank/those/t host2 tank/those/t
on host1 zfs create tank/those/t/z
echo "new words" | put host1 tank/those/t/z file
expect_status 0 zrep sync tank/those/t
same file host1 tank/those/t/z host2 tank/those/t/z
expect_status 0 zrep failover tank/those/t
echo "from there" | put host2 tank/those/t/x/y file
expect_status 0 on host2 zrep sync tank/those/t
same file host1 tank/those/t/x/y host2 tank/those/t/x/y
expect_status 0 zrep takeover tank/those/t

# What is not below that is out of reach, both ways, and the message says why.
on host1 zfs create tank/elsewhere
expect_status 3 zrep init tank/elsewhere host2 tank/elsewhere
says 'host2 does not let this key do anything with tank/elsewhere' '--under' authorized_keys
hasnt host2 tank/elsewhere
expect_status 3 zrep -t mine init tank/those/a host2 tank/those/b
says 'host2 does not let this key' 'mine'
hasnt host2 tank/those/b

is "$(outside host1)" "$before1"
is "$(outside host2)" "$before2"
