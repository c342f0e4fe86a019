#!/bin/bash
# What only the former master has can be destroyed instead of kept: after that was said twice.
. "$(dirname "$0")/lib.sh"

pair
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
echo "words that were not sent" | put host1 tank/a file
on host1 zfs snapshot tank/a@mine
echo "words after @mine" | put host1 tank/a file

refuses 3 zrep rejoin --discard tank/a
says 'tank/a on host1 has 1 snapshot and ' 'since @zrep_000000 that the other side does not have' destroyed \
	'no terminal' 'say -y'
on host1 zfs hold me tank/a@mine
refuses 3 zrep -y rejoin --discard tank/a
says 'tank/a@mine on host1 is held, and not by zrep (me)' 'zfs release me tank/a@mine'
on host1 zfs release me tank/a@mine
expect_status 0 zrep -y rejoin --discard tank/a
says destroyed 'tank/a on host1 is the replica of tank/a on host2 again'
is "$(kept host1)" ''
hasnt host1 tank/a@mine
leads host2
is "$(prop host1 tank/a written)" 0

# Asked for where there is nothing to destroy, it does not ask.
lab cut
expect_status 0 zrep -y takeover -L tank/a
lab join
expect_status 0 on host2 zrep rejoin --discard tank/a
leads host1
