#!/bin/bash
# A to B to C, and somebody has made B writable, or taken a snapshot there: nothing is lost, and the way out is named.
. "$(dirname "$0")/lib.sh"

pair
expect_status 0 on host2 zrep -t c init tank/a host1 tank/c
on host2 zfs set readonly=off tank/a
echo two | put host1 tank/a file
refuses 3 zrep sync tank/a
says 'on host2, zfs set readonly=on tank/a'
expect_status 0 zrep doctor --fix tank/a
is "$(prop host2 tank/a readonly)" on
synced
expect_status 0 on host2 zrep -t c sync tank/a
on host2 zfs snapshot tank/a@mine
echo three | put host1 tank/a file
expect_status 0 zrep sync tank/a
says '@mine' 'it goes'
expect_status 0 on host2 zrep -t c sync tank/a
same file host1 tank/a host1 tank/c

# Written to, it is not for doctor to say that nobody may.
on host2 zfs set readonly=off tank/a
echo mine | put host2 tank/a file
on host2 zpool sync
expect_status 1 zrep doctor --fix tank/a
is "$(prop host2 tank/a readonly) $(get host2 tank/a file)" 'off mine'
