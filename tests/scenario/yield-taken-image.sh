#!/bin/bash
# needs: userspace
# A role that was offered is taken, and led; then that side is set back to the moment of the offer, and takes it again, at
# the same epoch. The other side, which follows, has what was written the first time, and is not made to forget it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-set-back.sh"

pair
echo "second words" | put host1 tank/a file
expect_status 0 zrep yield tank/a
image host2
expect_status 0 on host2 zrep takeover -L tank/a
echo "words of host2" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
expect_status 0 on host2 zrep sync tank/a
back host2
refuses 3 on host2 zrep takeover tank/a
says 'tank/a on host2 was set back to an older image'
expect_status 0 on host2 zrep takeover -L tank/a
echo "other words of host2" | put host2 tank/a file
for verb in sync 'sync -f' failover; do
	# shellcheck disable=SC2086
	unchanged expect_status 3 on host2 zrep $verb tank/a
	says 'tank/a on host2 was set back to an older image'
done
is "$(get host1 tank/a file)" 'words of host2'
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'words of host2'
leads host2
