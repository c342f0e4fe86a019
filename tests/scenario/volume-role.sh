#!/bin/bash
# The role of a volume moves as a filesystem's does.
. "$(dirname "$0")/lib.sh"

bytes() { head -c 300000 /dev/urandom | put "$1" tank/v "$2"; }
on host1 zfs create -V 32M tank/v
bytes host1 0
zrep init tank/v host2 tank/v
bytes host1 4096
expect_status 0 zrep failover tank/v
same 0+400000 host1 tank/v host2 tank/v
led_by host2 tank/v
bytes host2 1000000
! bytes host1 0 2>/dev/null || fail 'the old master is writable'
expect_status 0 zrep takeover tank/v
same 0+2000000 host1 tank/v host2 tank/v
led_by host1 tank/v

# Without the master, and back, keeping what it had.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/v
lab join
bytes host1 2000000
get host1 tank/v 0+4000000 >"$WORK/divergent"
bytes host2 3000000
refuses 3 zrep sync tank/v
says superseded
expect_status 0 zrep rejoin tank/v
same 0+4000000 host1 tank/v host2 tank/v
cmp "$WORK/divergent" <(get host1 "$(kept host1 tank/v)" 0+4000000)
is "$(prop host1 tank/v volsize)" $((32 << 20))
led_by host2 tank/v
expect_status 0 on host2 zrep failover tank/v
led_by host1 tank/v

# Destroyed.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/v
lab join
bytes host1 2000000
expect_status 0 zrep -y rejoin --discard tank/v
same 0+4000000 host1 tank/v host2 tank/v
led_by host2 tank/v
