#!/bin/bash
# A star, A to B and A to C. B leads by force, and C, which has more than B, is on its way back to B when its host dies. A has
# heard of nothing: it does not end that way as its own, which would have C follow the one that is superseded.
# (Found by tests/crash: third-rejoin.)
. "$(dirname "$0")/lib-set.sh"

star
write host1 'words A'
expect_status 0 zrep sync tank/a
expect_status 0 c host1 sync tank/a
base=$(guid host2 "tank/a@$(snaps host2 tank/a | grep -o "[^ ]*$")")
write host1 'only C has these'
expect_status 0 c host1 sync tank/a
expect_status 0 on host2 zrep -y takeover -L --force tank/a
write host2 'words B'
on host2 zrep -t c sync tank/a || true
is "$(prop host3 tank/a c:src-host)" host2
on host3 zfs set "c:switch=back $base keep tank/a_kept_20261130T020726Z" tank/a
refuses 3 c host1 -y rejoin tank/a
says 'on its way back to its source, tank/a on host2' 'on host3, zrep -t c doctor --fix tank/a'
refuses 3 c host1 sync tank/a
is "$(prop host3 tank/a c:src-host) $(prop host3 tank/a c:switch)" "host2 back $base keep tank/a_kept_20261130T020726Z"
expect_status 1 c host3 doctor --fix tank/a # it tells what is kept
is "$(prop host3 tank/a c:switch)" -
is "$(get host3 tank/a_kept_20261130T020726Z file)" 'only C has these'
expect_status 0 zrep rejoin tank/a
one_master host2
expect_status 0 c host2 sync tank/a
expect_status 0 on host2 zrep sync tank/a
in_step
