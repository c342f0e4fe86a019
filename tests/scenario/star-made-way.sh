#!/bin/bash
# needs: userspace
# limit: 300
# A star whose master has made way under one tag (it rests; it has offered its role; or was killed while it moved it), and a third
# host is forced to lead: the master is not opened again, by takeover or doctor, and comes back by what is printed.
. "$(dirname "$0")/lib.sh"

lab up host3
for d in rest offer killed; do
	on host1 zfs create "tank/$d"
	echo one | put host1 "tank/$d" file
	for to in b:host2 c:host3; do
		zrep -t "${to%:*}" init "tank/$d" "${to#*:}" "tank/$d" >/dev/null
	done
	for tag in c b c b; do # each replica is told of the other
		zrep -t $tag sync "tank/$d" >/dev/null
	done
done
expect_status 0 zrep -t b yield -L tank/rest
expect_status 0 zrep -t b yield tank/offer
lab ctl host1 arm -m 5 after zrep
expect_status 137 zrep -t b failover tank/killed
lab ctl host1 disarm
lab kill host2
for d in rest offer killed; do
	expect_status 0 on host3 zrep -t c -y takeover -L "tank/$d"
	echo "of c" | put host3 "tank/$d" file
done
lab start host2
for d in rest offer killed; do
	expect_status 3 zrep -t b takeover "tank/$d"
	says "tank/$d on host3 can be reached, and is the master of epoch 101" "on host1, zrep -t c rejoin tank/$d"
	zrep -t b doctor --fix "tank/$d" || true
	is "$(prop host1 "tank/$d" readonly)" on
	expect_status 0 zrep -t c rejoin "tank/$d"
	is "$(prop host1 "tank/$d" readonly)" on
	expect_status 0 on host3 zrep -t c sync "tank/$d"
	is "$(get host1 "tank/$d" file)" 'of c'
done
on host3 zrep -t b sync all || true
# To host2 the last of what was offered had come, which host3 has not.
expect_status 0 on host2 zrep -t b rejoin tank/offer
expect_status 0 on host3 zrep -t b sync all
for d in rest offer killed; do
	is "$(get host2 "tank/$d" file)" 'of c'
	expect_status 0 on host3 zrep -t c check "tank/$d"
	expect_status 0 on host3 zrep -t b check "tank/$d"
done
