#!/bin/bash
# A star, A to B and A to C. B leads by force, and A has come back to B; C, which B has not met yet, asks A for its way back, and
# is told whom A follows.
. "$(dirname "$0")/lib-set.sh"

star
write host1 'words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
write host2 'words B'
lab start host1
expect_status 0 zrep rejoin tank/a
is "$(prop host3 tank/a c:src-host)" host1
refuses 3 c host3 rejoin tank/a
says 'it follows tank/a on host2 now, under tag zrep' 'on host2, zrep -t c sync tank/a'
# C got a snapshot that B did not: that is for C's own way back.
refuses 3 on host2 zrep -t c sync tank/a
says 'on host3, zrep -t c rejoin tank/a'
expect_status 0 c host3 rejoin tank/a
expect_status 0 on host2 zrep -t c sync tank/a
expect_status 0 on host2 zrep sync tank/a
one_master host2
in_step
