#!/bin/bash
# A star, A to B and A to C. A has left its place for B, and died before B had decided; C is forced to lead, and B follows it.
# A, back, does not become a second master of C's epoch, nor writable by itself: it is superseded, and comes back under C.
. "$(dirname "$0")/lib-set.sh"

star
write host1 'words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
write host1 'more words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
on host1 zfs set zrep:switch='leaving 1' zrep:readonly=inherited readonly=on tank/a
lab kill host1
expect_status 0 c host3 -y takeover -L tank/a
write host3 'words C'
expect_status 0 on host3 zrep sync tank/a
lab start host1
on host1 zrep -y doctor --fix tank/a || true
is "$(prop host1 tank/a zrep:switch)" -
is "$(prop host1 tank/a readonly)" on
[[ $(prop host1 tank/a zrep:epoch) =~ ^(-|0)$ ]] || fail "A is of epoch $(prop host1 tank/a zrep:epoch)"
refuses 3 c host1 sync tank/a
says superseded
expect_status 0 c host1 rejoin tank/a
one_master host3
expect_status 0 c host3 sync tank/a
in_step

