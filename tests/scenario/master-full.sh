#!/bin/bash
# The master's pool is full to the brim: without room for a snapshot it cannot move, and is told so.
. "$(dirname "$0")/lib.sh"

on host1 sh -c 'mkdir -p ~/scenario && truncate -s 96M ~/scenario/disk && zpool create -O mountpoint=none small ~/scenario/disk'
on host1 zfs create small/a
fill host1 small/a one 5
zrep init small/a host2 tank/a
fill host1 small/a two 20
for i in 1 2 3 4 5 6; do
	head -c $((64 >> i))M /dev/urandom | put host1 small/a "more$i" 2>/dev/null || true
done
expect_status 1 zrep failover small/a
says 'cannot snapshot small/a@' 'the pool is full' 'free space in pool small on host1'
is "$(roles host1 small/a)" 'yes host1 small/a host2 tank/a - off'
on host1 sh -c 'truncate -s 128M ~/scenario/disk && zpool online -e small ~/scenario/disk'
expect_status 0 zrep failover small/a
is "$(roles host2 tank/a)" 'yes host2 tank/a host1 small/a - off'
same two host1 small/a host2 tank/a

# What only it had is kept, and then there is no room for what is new.
lab cut
expect_status 0 zrep -y takeover -L small/a
lab join
expect_status 0 on host2 zrep rejoin tank/a
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
fill host1 small/a one 5
get host1 small/a one >"$WORK/one"
fill host2 tank/a big 90
expect_status 1 zrep rejoin small/a
says full 'free space in pool small on host1'
is "$(roles host1 small/a)" '- host2 tank/a host1 small/a - on'
cmp "$WORK/one" <(get host1 "$(kept host1 small/a)" one)
on host1 sh -c 'truncate -s 512M ~/scenario/disk && zpool online -e small ~/scenario/disk'
expect_status 0 on host2 zrep sync tank/a
same big host1 small/a host2 tank/a
