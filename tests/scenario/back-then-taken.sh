#!/bin/bash
# A master goes back to an older snapshot without asking (failover -L DATASET@SNAP), and the other side, which has more, takes the
# role: what went back is no image that was set back, and follows. So it does when the former master takes the role again.
. "$(dirname "$0")/lib.sh"

pair
for n in 1 2 3; do
	echo "$n" | put host1 tank/a file
	synced
done
expect_status 0 zrep -y failover -L tank/a@zrep_000002
expect_status 0 on host2 zrep takeover tank/a
is "$(get host2 tank/a file)" 3
expect_status 0 on host2 zrep sync tank/a
is "$(get host1 tank/a file)" 3
expect_status 0 on host2 zrep check tank/a

expect_status 0 on host2 zrep -y failover -L tank/a@zrep_000002
expect_status 0 on host2 zrep takeover tank/a
expect_status 3 on host2 zrep sync tank/a
says 'newer snapshots' 'zrep rejoin tank/a'
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
is "$(get host1 tank/a file) $(get host2 tank/a file)" "2 2"
