#!/bin/bash
# Two of a star are forced to lead at one epoch, and the one gives its role up, which counts on. Neither it nor its pair's other end
# is opened beside the other leader, which can be asked, and leads at the epoch that was given up.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep
lab up host3

pair
on host1 zrep -t c init tank/a host3 tank/a >/dev/null
synced
on host1 zrep -t c sync tank/a >/dev/null
lab kill host1
lab kill host3
on host2 zrep -y takeover -L tank/a >/dev/null
echo two | put host2 tank/a two
lab start host3
lab kill host2
on host3 zrep -t c -y takeover -L tank/a >/dev/null
echo three | put host3 tank/a three
lab start host2
lab start host1
is "$(prop host2 tank/a zrep:epoch) $(prop host3 tank/a c:epoch)" '101 101'
on host1 zrep -y rejoin tank/a >/dev/null
on host2 zrep sync tank/a >/dev/null
on host2 zrep -y failover -L tank/a >/dev/null

refused='tank/a on host3 can be reached, and is the master of epoch 101: neither tank/a on '
for host in host1 host2; do
	unchanged fails 3 $host zrep takeover tank/a
	says "$refused"
	unchanged fails 2 $host zrep check tank/a
	says "$refused"
done
is "$(prop host1 tank/a readonly)$(prop host2 tank/a readonly)" onon

# What is printed has the two follow it; what only they have is kept.
fails 3 host2 zrep takeover tank/a
tag=c
told host3 'zrep -t c sync tank/a'
fails 3 host3 zrep -t c sync tank/a
remedy host3 'zrep -t c rejoin tank/a'
is "$(prop host3 tank/a c:epoch)" 103
tag=zrep
expect_status 0 on host3 zrep -t c sync tank/a
fails 3 host3 zrep sync tank/a
remedy host2 'zrep rejoin tank/a'
expect_status 0 on host3 zrep sync tank/a
for host in host1 host2; do
	same three host3 tank/a $host tank/a
	is "$(prop $host tank/a readonly)" on
done
is "$(get host2 "$(kept host2 | tail -n 1)" two)" two
