#!/bin/bash
# The master gave up without the other side. Then nobody leads, until either side is asked to.
. "$(dirname "$0")/lib.sh"

# give_up HOST: it is the master, and is none any more.
give_up() {
	led_by "$1"
	lab cut
	expect_status 0 on "$1" zrep failover -L tank/a
	lab join
	for host in host1 host2; do
		is "$(prop $host tank/a zrep:master) $(prop $host tank/a readonly)" '- on'
		refuses 3 on $host zrep sync tank/a
		says "tank/a on $host is a replica"
	done
}

pair
give_up host1
unchanged expect_status 0 zrep -n failover tank/a
says 'host2: decide tank/a' 'zrep:switch=entering 1'
expect_status 0 zrep failover tank/a
says 'tank/a on host2 is the master now, of epoch 1'
leads host2
give_up host2
expect_status 0 zrep takeover tank/a
leads host1
give_up host1
expect_status 0 on host2 zrep takeover tank/a
leads host2

# The one that gave up may also have it back.
give_up host2
expect_status 0 on host2 zrep takeover tank/a
leads host2
is "$(kept host1)$(kept host2)" ''
