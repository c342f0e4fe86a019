#!/bin/bash
# Another tag is a pair of its own, and so is its role.
. "$(dirname "$0")/lib.sh"

pair tank/b
on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
export ZREPTAG=off.site
off() { on "$1" zrep -t off.site "${@:2}"; }
expect_status 0 off host1 init tank/a host2 tank/a
unset ZREPTAG
hook host2 pre-promote <<<'[ "$ZREP_TAG" = off.site ]'
echo "second words" | put host1 tank/a file
refuses 3 zrep failover tank/a
says 'tank/a on host1 is not replicated by zrep (tag zrep)'
expect_status 0 off host1 failover tank/a
is "$(get host2 tank/a file)" 'second words'
is "$(prop host2 tank/a off.site:master) $(prop host2 tank/a off.site:epoch) $(prop host2 tank/a zrep:master)" 'yes 1 -'
is "$(snaps host2 tank/a)" 'off.site_000000 off.site_000001'
leads host1 tank/b
expect_status 1 zrep failover tank/b
says 'pre-promote'
led_by host1 tank/b
expect_status 0 on host1 env ZREPTAG=off.site zrep takeover tank/a
is "$(prop host1 tank/a off.site:master) $(prop host1 tank/a readonly)" 'yes off'

lab cut
expect_status 0 off host2 -y takeover -L tank/a
lab join
echo "not sent" | put host1 tank/a file
expect_status 3 off host1 sync tank/a
says superseded
expect_status 0 off host1 rejoin tank/a
kept=$(kept host1)
is "$(on host1 zfs get -Hs local,received -o property all "$kept" | grep site: || true)" ''
echo "third words" | put host2 tank/a file
expect_status 0 off host2 sync all
is "$(get host1 tank/a file)" 'third words'
