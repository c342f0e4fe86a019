#!/bin/bash
# A star whose two replicas are on one host, B and C: takeover -L on B looks at C as it would if that were elsewhere, and is
# refused where C has more.
. "$(dirname "$0")/lib.sh"

pair
expect_status 0 zrep -t c init tank/a host2 tank/c
expect_status 0 zrep sync tank/a
echo 'only C has it' | put host1 tank/a file
expect_status 0 zrep -t c sync tank/a
expect_status 0 zrep -t c sync tank/a
is "$(prop host2 tank/a zrep:others)" 'c > host2 tank/c'
lab kill host1
refuses 3 on host2 zrep -y takeover -L tank/a
says 'tank/c on host2 can be reached, and has' 'that tank/a on host2 does not have' 'zrep -t TAG takeover -L tank/c, with the tag'
expect_status 0 on host2 zrep -t c -y takeover -L tank/c
is "$(get host2 tank/c file)" 'only C has it'
expect_status 0 on host2 zrep sync tank/c
is "$(get host2 tank/a file)" 'only C has it'
