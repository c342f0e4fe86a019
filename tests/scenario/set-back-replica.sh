#!/bin/bash
# needs: userspace
# limit: 240
# The same of the replica's host (set-back-master.sh).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-set-back.sh"

pair
cycles 2
image host2
cycles 2
back host2
all_refuse 'tank/a on host2 was set back to an older image' 'tank/a on host1, which is newer' \
	'on host1, zrep changeconfig tank/a host2 tank/a' 'on host2, zrep takeover -L --force tank/a'
refuses 3 on host2 zrep rejoin tank/a
lab save both
expect_status 0 zrep changeconfig tank/a host2 tank/a
leads host1
lab restore both
expect_status 0 on host2 zrep -y takeover -L --force tank/a
expect_status 3 zrep sync tank/a
expect_status 0 zrep rejoin tank/a
leads host2

