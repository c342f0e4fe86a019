#!/bin/bash
# needs: userspace
# A replica is set back to the moment at which it was offered the role, which was withdrawn since: it may believe so, but
# is the older one wherever the two meet, and nothing is lost.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-set-back.sh"

offered() { # then host2's image of that moment is kept, and the master has its role back
	nothing
	pair
	echo "second words" | put host1 tank/a file
	expect_status 0 zrep yield tank/a
	image host2
	expect_status 0 zrep takeover tank/a
	echo "words after the offer" | put host1 tank/a file
}

# The master was written to: whatever meets it, the offer is void.
offered
back host2
expect_status 0 zrep sync tank/a
says 'was offered the role' 'that is over'
leads host1
offered
expect_status 0 zrep sync tank/a
back host2
for verb in sync failover; do
	unchanged expect_status 3 zrep $verb tank/a
	says 'was set back to an older image'
done
unchanged expect_status 3 on host2 zrep takeover tank/a
is "$(prop host1 tank/a readonly)" off

# Taken without asking: two have led, and the loser keeps what only it has.
offered
back host2
expect_status 0 on host2 zrep takeover -L tank/a
expect_status 3 zrep sync tank/a
says 'was superseded: tank/a on host2 is the master of epoch 1'
expect_status 3 on host2 zrep sync tank/a
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'words after the offer'
leads host2

# Offered again, with more, at the same epoch: the older offer is another one.
offered
expect_status 0 zrep yield tank/a
back host2
expect_status 3 on host2 zrep takeover tank/a
says 'was set back to an older image'
expect_status 0 on host2 zrep takeover -L tank/a
expect_status 3 on host2 zrep sync tank/a
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'words after the offer'

# The role has gone there and back since.
offered
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep failover tank/a
back host2
expect_status 0 on host2 zrep takeover -L tank/a
expect_status 3 zrep sync tank/a
says 'claims to be the master, with the older epoch 1 (tank/a on host1: 2)'
