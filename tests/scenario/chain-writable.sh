#!/bin/bash
# needs: userspace
# A chain of three, of which the first is dead and the last is forced to lead: the middle comes back as its replica, and is
# writable when the role moves to it. What was read-only as another tag's replica was not so by anybody's wish.
. "$(dirname "$0")/lib.sh"

lab up host3
on host1 zfs create tank/a
echo one | put host1 tank/a file
zrep -t b init tank/a host2 tank/a
on host2 zrep -t c init tank/a host3 tank/a
zrep -t b sync tank/a
on host2 zrep -t c sync tank/a
lab kill host1
expect_status 0 on host3 zrep -t c -y takeover -L tank/a
expect_status 0 on host2 zrep -t c rejoin tank/a
expect_status 0 on host3 zrep -t c check tank/a
expect_status 0 on host3 zrep -t c failover tank/a
is "$(prop host2 tank/a readonly)" off
echo two | put host2 tank/a file
expect_status 0 on host2 zrep -t c sync tank/a
is "$(get host3 tank/a file)" two
