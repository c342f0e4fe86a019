#!/bin/bash
# A chain A to B to C: C is forced to lead, and A gives its role up. Neither A nor B is made the master then, by a command that
# asks both of them: C can be asked, and leads. What is printed brings B back to it, and then A to B.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep
lab up host3

pair
on host2 zrep -t c init tank/a host3 tank/a >/dev/null
echo two | put host1 tank/a two
synced
on host3 zrep -t c -y takeover -L --force tank/a >/dev/null
echo three | put host3 tank/a three
echo one | put host1 tank/a one
on host1 zrep -y failover -L tank/a >/dev/null

refused='tank/a on host3 can be reached, and is the master of epoch 101: neither tank/a on '
unchanged fails 3 host2 zrep -n failover tank/a
says "$refused"
unchanged fails 3 host2 zrep failover tank/a
says "$refused"
unchanged fails 3 host1 zrep takeover tank/a
says "$refused"
unchanged fails 3 host2 zrep takeover tank/a
says "$refused"
for host in host1 host2; do
	unchanged fails 2 $host zrep check tank/a
	says "$refused"
	unchanged fails 1 $host zrep doctor tank/a
	says "$refused"
	says_not 'make one of them the master'
done
is "$(prop host1 tank/a readonly)" on

# Who cannot be asked stands in nobody's way.
lab kill host3
expect_status 0 on host2 zrep -n failover tank/a
lab start host3

fails 3 host2 zrep failover tank/a
remedy host2 'zrep -t c rejoin tank/a'
expect_status 0 on host3 zrep -t c sync tank/a
same three host3 tank/a host2 tank/a
fails 3 host2 zrep sync tank/a
remedy host1 'zrep rejoin tank/a'
expect_status 0 on host2 zrep sync tank/a
same three host3 tank/a host1 tank/a
is "$(on host1 zfs list -Ho name | grep -c 'tank/a_kept_')" 2
is "$(on host2 zfs list -Ho name | grep -c 'tank/a_kept_')" 1
