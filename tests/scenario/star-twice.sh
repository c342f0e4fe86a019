#!/bin/bash
# A star, A to B and A to C. A is lost; C leads, then C is lost and B leads, each by force. A is back, and has no link with
# the master: what it is told can be pasted, and brings it back as that one's replica.
. "$(dirname "$0")/lib-set.sh"

star
write host1 'words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
write host1 'more words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
lab kill host1
expect_status 0 c host3 -y takeover -L tank/a
write host3 'words C'
expect_status 0 on host3 zrep sync tank/a
is "$(prop host2 tank/a zrep:src-host)" host3
lab kill host3
expect_status 0 on host2 zrep -y takeover -L tank/a
write host2 'words B'
lab start host1
write host1 'not sent by A'
refuses 3 zrep sync tank/a
told='on host1, zrep -t c changeconfig tank/a host2 tank/a; then zrep -t c rejoin tank/a'
says superseded "$told"
refuses 3 zrep rejoin tank/a
says "$told"
expect_status 0 c host1 changeconfig tank/a host2 tank/a
expect_status 0 c host1 rejoin tank/a
one_master host2
is "$(get host1 "$(kept host1)" file)" 'not sent by A'
is "$(prop host1 tank/a zrep:src-fs)$(prop host1 tank/a zrep:master)" --
expect_status 0 c host2 sync tank/a
same file host1 tank/a host2 tank/a

# C as well, by the pair that it had adopted.
lab start host3
write host3 'not sent by C'
refuses 3 on host3 zrep sync tank/a
says superseded 'on host3, zrep rejoin tank/a'
expect_status 0 on host3 zrep rejoin tank/a
one_master host2
is "$(prop host3 tank/a c:src-fs)$(prop host3 tank/a c:master)" --
expect_status 0 on host2 zrep sync tank/a
expect_status 0 c host2 sync tank/a
in_step
expect_status 0 c host2 failover tank/a
one_master host1
write host1 'A again'
expect_status 0 c host1 sync tank/a
expect_status 0 on host2 zrep sync tank/a
in_step
