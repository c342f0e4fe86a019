#!/bin/bash
# A replica that was changed does not become the master, before or during the change.
. "$(dirname "$0")/lib.sh"

pair
spoil host2 tank/a mine
refuses 3 zrep failover tank/a
says 'tank/a on host2 was changed' '@mine' 'zrep sync -f tank/a'
refuses 3 on host2 zrep takeover tank/a
says 'tank/a on host2 was changed' '@mine'
expect_status 0 zrep sync -f tank/a
on host2 zfs set readonly=off tank/a
echo "not from the master" | put host2 tank/a file
on host2 zfs set readonly=on tank/a
refuses 3 zrep failover tank/a
says 'tank/a on host2 was changed' 'written since'
expect_status 0 zrep sync -f tank/a

# Somebody does it while the master is making way: it is the master again.
hook host2 pre-promote < <(spoiling meanwhile)
echo "second words" | put host1 tank/a file
expect_status 3 zrep failover tank/a
says 'tank/a on host2 was changed' '@meanwhile' 'tank/a on host1 stays the master, and is writable again'
led_by host1
unhook host2
expect_status 0 zrep sync -f tank/a
expect_status 0 zrep failover tank/a
leads host2
