#!/bin/bash
# limit: 300
# A star, A to B (tag zrep) and A to C (tag c): each member is lost in turn, and another one leads. What the former master
# sent to others its successor sends, of which it was told in time; all follow by increments.
. "$(dirname "$0")/lib-set.sh"

star
write host1 'words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
write host1 'more words A'
expect_status 0 zrep sync tank/a
is "$(prop host2 tank/a zrep:others)" 'c > host3 tank/a'
is "$(prop host3 tank/a c:others)" 'zrep > host2 tank/a'

# A is lost. B leads, and C follows it; A, back, is told by either, and becomes the replica of B alone.
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
says 'takes over from host1 the pair with tank/a on host3 (tag c)'
write host2 'words B'
expect_status 0 c host2 sync tank/a
says 'follows tank/a on host2 now, the master of epoch 101, and not tank/a on host1'
is "$(get host3 tank/a file)" 'words B'
lab start host1
write host1 'not sent by A'
refuses 3 zrep sync tank/a
says 'superseded'
refuses 3 c host1 sync tank/a
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'not sent by A'
is "$(prop host1 tank/a c:master)$(prop host1 tank/a c:src-fs)" --
one_master host2
expect_status 0 on host2 zrep sync all
expect_status 0 c host2 sync all
in_step

# B, which has the star now, is lost; C leads, and A follows it.
write host2 'words B again'
expect_status 0 on host2 zrep sync tank/a
expect_status 0 c host2 sync tank/a
lab kill host2
expect_status 0 c host3 -y takeover -L tank/a
one_master host3
write host3 'words C'
expect_status 0 on host3 zrep sync tank/a
is "$(get host1 tank/a file)" 'words C'
lab start host2
expect_status 0 c host2 rejoin tank/a
one_master host3
expect_status 0 c host3 sync tank/a
in_step
is "$(prop host2 tank/a zrep:master)$(prop host2 tank/a zrep:src-fs)" --
# And the role goes on, planned.
expect_status 0 on host3 zrep failover tank/a
one_master host1
write host1 'words A once more'
expect_status 0 zrep sync tank/a
expect_status 0 c host3 sync tank/a
in_step
