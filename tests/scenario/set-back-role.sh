#!/bin/bash
# needs: userspace
# limit: 240
# The image of either host is put back that was taken before a change of role.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-set-back.sh"

pair
# The master's, before it gave its role away: it is superseded.
cycles 1
image host1
expect_status 0 zrep failover tank/a
leads host2
back host1
refuses 3 zrep sync tank/a
says superseded
refuses 3 on host2 zrep sync tank/a
says 'with the older epoch' 'zrep rejoin tank/a'
expect_status 0 zrep rejoin tank/a
leads host2

# The replica's, before it became the master: nobody is, and the former master's data is newer.
nothing
pair
cycles 1
image host2
expect_status 0 zrep failover tank/a
leads host2
newest=$(get host1 tank/a file)
back host2
none_leads
lab save both
expect_status 0 zrep takeover --force tank/a
is "$(get host1 tank/a file)" "$newest"
is "$(prop host1 tank/a zrep:epoch)" 2
expect_status 0 zrep sync tank/a
leads host1
lab restore both
expect_status 0 on host2 zrep takeover --force tank/a
is "$(prop host2 tank/a zrep:epoch)" 3 # 1 was given already
refuses 3 on host2 zrep sync tank/a
says 'on host1, zrep rejoin tank/a'
expect_status 0 zrep rejoin tank/a
is "$(kept host1 | wc -l)" 1
leads host2

