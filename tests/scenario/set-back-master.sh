#!/bin/bash
# needs: userspace
# limit: 240
# The image of the master's host is put back: nothing is given, nothing is overwritten, both sides say which one is
# newer, and the command for each choice does what it says.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-set-back.sh"

pair
cycles 2
image host1
cycles 2
newest=$(get host2 tank/a file)
back host1
all_refuse 'tank/a on host1 was set back to an older image' 'tank/a on host2, which is newer' \
	'on host2, zrep takeover -L --force tank/a' 'on host2, zrep rejoin tank/a'
echo later | put host1 tank/a file
all_refuse 'tank/a on host1 was set back to an older image'
lab save both
# ... the replica's data is to go on:
expect_status 0 on host2 zrep -y takeover -L --force tank/a
expect_status 3 zrep sync tank/a
says 'was superseded'
expect_status 0 zrep rejoin tank/a
is "$(get host1 tank/a file)" "$newest"
leads host2
expect_status 0 zrep check tank/a
# ... the master's:
lab restore both
expect_status 0 on host2 zrep rejoin tank/a
is "$(get host2 tank/a file)" later
is "$(kept host2 | wc -l)" 1
leads host1
expect_status 0 zrep check tank/a
expect_status 0 on host2 zrep refresh tank/a # the clone is known by now
expect_status 0 on host2 zrep takeover tank/a
leads host2

