#!/bin/bash
# needs: userspace
# limit: 240
# An image is put back, and nothing was written since: an epoch is given once all the same, and nobody is asked where
# there is nothing to decide.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-set-back.sh"

pair
# Before a change of role where nothing was written in between: an epoch is given once all the same.
cycles 1
image host2
expect_status 0 zrep failover tank/a
back host2
none_leads
expect_status 0 on host2 zrep takeover --force tank/a
is "$(prop host2 tank/a zrep:epoch)" 3
leads host2

# What was given up with -L, nobody has led at.
nothing
pair
expect_status 0 zrep -y failover -L tank/a
expect_status 0 on host2 zrep takeover tank/a
is "$(prop host2 tank/a zrep:epoch)" 1
leads host2

# An image of each that says as much as the other: nothing of it is missing anywhere.
nothing
pair
cycles 1
image host1
expect_status 0 zrep sync tank/a
back host1
cycles 1
image host2
expect_status 0 zrep sync tank/a
back host2
leads host1
