#!/bin/bash
# A chain, A to B to C, and C, which was alone, leads at the epoch that A has: of the two the operator chooses C. B, which
# receives from A and sends to C, comes back under C by force, and then sends to A.
. "$(dirname "$0")/lib-set.sh"

chain
write host1 'words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host2 sync tank/a
expect_status 0 c host3 -y takeover -L --force tank/a
write host3 'words C'
# Chance would have it so, after some changes here and there.
on host1 zfs set zrep:epoch=101 tank/a
expect_status 0 zrep sync tank/a
refuses 3 c host2 sync tank/a
says 'split brain' 'on host2, zrep -t c rejoin --force tank/a'
refuses 3 c host2 rejoin tank/a
says 'zrep -t c rejoin --force tank/a'
expect_status 0 c host2 -y rejoin --force tank/a
is "$(prop host2 tank/a zrep:master)" yes
expect_status 0 c host3 sync tank/a
refuses 3 zrep sync tank/a
says superseded 'zrep rejoin tank/a'
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
one_master host3
in_step
