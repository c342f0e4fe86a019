#!/bin/bash
# A star of A to B and C, whose replicas were never told of each other; both are forced to lead, at the same epoch. A comes back to
# B. By C's pair that is a split brain still; as A has chosen by now, the one way that is printed has C follow A.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

on host1 zfs create tank/a
echo first | put host1 tank/a file
on host2 zfs create tank/far
zrep -t c init tank/a host2 tank/far/c >/dev/null
zrep init tank/a host2 tank/a >/dev/null
lab kill host1
on host2 zrep -y takeover -L tank/a >/dev/null
on host2 zrep -t c -y takeover -L tank/far/c >/dev/null
echo 'only B' | put host2 tank/a b
echo 'only C' | put host2 tank/far/c c
is "$(prop host2 tank/a zrep:epoch) $(prop host2 tank/far/c c:epoch)" '101 101'
lab start host1

expect_status 0 on host2 zrep rejoin tank/a
fails 3 host2 zrep -t c sync tank/far/c
says 'split brain: ' 'tank/a on host1 follows another master under another tag by now'
says_not 'choose the side'
remedy host2 'zrep -t c rejoin --force tank/far/c'
expect_status 0 on host2 zrep sync tank/a
expect_status 0 zrep -t c sync tank/a
same b host2 tank/a host2 tank/far/c
is "$(prop host2 tank/a readonly) $(prop host1 tank/a readonly) $(prop host2 tank/far/c readonly)" 'off on on'
kept=$(on host2 zfs list -Ho name | grep 'tank/far/c_kept_')
is "$(get host2 "$kept" c)" 'only C'
