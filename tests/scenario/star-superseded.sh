#!/bin/bash
# needs: userspace
# limit: 240
# A star: B is forced to lead while A is away. A comes back and has not heard of it: its role does not move to C, whoever asks
# for that, as long as B can be asked or A has heard. Each tag says so, and by what is printed all follow B.
. "$(dirname "$0")/lib.sh"

lab up host3
on host1 zfs create tank/a
echo one | put host1 tank/a file
for to in b:host2 c:host3; do
	zrep -t ${to%:*} init tank/a ${to#*:} tank/a
done
for tag in c b; do # each replica is told of the other
	zrep -t $tag sync tank/a >/dev/null
done
lab kill host1
expect_status 0 on host2 zrep -t b -y takeover -L tank/a
echo of b | put host2 tank/a file
lab start host1

led='tank/a on host2 can be reached, and is the master of epoch 101, and tank/a on host1 is at 0: that has no role to give'
remedy='on host1, zrep -t b rejoin tank/a'
unchanged refuses 3 zrep -t c failover tank/a
says "$led" "$remedy"
unchanged refuses 3 zrep -t c yield tank/a
says "$led"
unchanged refuses 3 on host3 zrep -t c takeover tank/a
says "$led"
expect_status 3 zrep -n -t c failover tank/a
says "$led"
expect_status 2 zrep -t c check tank/a
says "$led"
expect_status 1 zrep -t c doctor tank/a
says "$led"
is "$(prop host2 tank/a b:master) $(prop host3 tank/a c:master)" 'yes -'

# What A has heard under b is said under c as well, also where B cannot be asked any more.
refuses 3 zrep -t b sync tank/a
says 'was superseded'
lab kill host2
heard='under tag b another master was found, tank/a on host2'
expect_status 5 zrep --timeout 5 -t b sync tank/a # who did not get there knows what he knew
for verb in sync failover yield; do
	expect_status 3 zrep -t c $verb tank/a
	says "$heard" 'zrep -t b sync tank/a'
done
expect_status 3 on host3 zrep -t c takeover tank/a
says "$heard"
expect_status 2 zrep -t c check tank/a
says "$heard"
# To make way without asking is no risk.
expect_status 0 zrep -t c yield -L tank/a
is "$(prop host1 tank/a readonly)" on
expect_status 0 zrep -t c takeover tank/a
lab start host2

expect_status 0 zrep -t b rejoin tank/a
expect_status 0 on host2 zrep -t b sync tank/a
expect_status 0 on host2 zrep -t c sync tank/a
for host in host1 host2 host3; do
	is "$(get $host tank/a file)" 'of b'
done
for tag in b c; do
	expect_status 0 on host2 zrep -t $tag check tank/a
done
expect_status 0 on host2 zrep -t c failover tank/a
