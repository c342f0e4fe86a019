#!/bin/bash
# needs: userspace
# limit: 240
# A star of trees whose master was superseded: failover, takeover and yield under the other tag refuse before anything of the tree is sent,
# or taken into it.
. "$(dirname "$0")/lib.sh"

lab up host3
on host1 zfs create tank/t
on host1 zfs create tank/t/x
zrep -t b init -R tank/t host2 tank/t >/dev/null
zrep -t c init -R tank/t host3 tank/t >/dev/null
for tag in c b; do zrep -t $tag sync tank/t >/dev/null; done
lab kill host1
expect_status 0 on host2 zrep -t b -y takeover -L tank/t
lab start host1
on host1 zfs create tank/t/new
echo 'not sent' | put host1 tank/t/x file
led='tank/t on host2 can be reached, and is the master of epoch 101'
state host3 >"$WORK/before3"
for command in 'zrep -t c yield tank/t' 'zrep -t c failover tank/t' 'zrep -t c yield all' 'on host3 zrep -t c takeover tank/t'; do
	# shellcheck disable=SC2086
	unchanged refuses 3 $command
	says "$led" 'on host1, zrep -t b rejoin tank/t'
	diff "$WORK/before3" <(state host3) || fail "host3 was changed by: $command"
done
! has host3 tank/t/new || fail 'tank/t/new was sent'

# Without anything against it the tree is synced first, and what is new in it goes along.
expect_status 0 on host2 zrep -t b takeover -L tank/t
expect_status 0 zrep -t b rejoin tank/t
expect_status 0 on host2 zrep -t b sync tank/t
expect_status 0 on host2 zrep -t c sync tank/t
on host2 zfs create tank/t/more
expect_status 0 on host2 zrep -t b yield tank/t
has host1 tank/t/more
expect_status 0 zrep -t b takeover tank/t
is "$(prop host1 tank/t/more b:master)" yes
