#!/bin/bash
# needs: volume
# A volume that somebody has open does not change its master: its writes could not be refused.
. "$(dirname "$0")/lib.sh"

trap 'on host1 pkill -x sleep || :' EXIT
device() { within 60 on "$1" test -b /dev/zvol/tank/v; }
on host1 zfs create -V 32M tank/v
device host1
on host1 dd if=/dev/urandom of=/dev/zvol/tank/v bs=64k count=4 conv=fsync status=none
expect_status 0 zrep init tank/v host2 tank/v
on host1 sh -c 'setsid sleep 600 <>/dev/zvol/tank/v >/dev/null 2>&1 &'
pid=$(on host1 pgrep -x sleep)
expect_status 3 zrep failover tank/v
says 'tank/v on host1 cannot be made read-only: its device is open in' sleep "$pid"
led_by host1 tank/v
expect_status 3 on host2 zrep takeover tank/v
led_by host1 tank/v
on host1 pkill -x sleep
within 20 eval '! on host1 pgrep -x sleep >/dev/null'
on host1 mke2fs -qF /dev/zvol/tank/v
on host1 mount /dev/zvol/tank/v /mnt
expect_status 3 zrep failover tank/v
says 'tank/v on host1 cannot be made read-only'
on host1 sh -c 'echo "words" >/mnt/file; umount /mnt'
expect_status 0 zrep failover tank/v
led_by host2 tank/v
device host2
on host2 sh -c 'mount /dev/zvol/tank/v /mnt && cat /mnt/file && echo "more words" >/mnt/file && umount /mnt' | grep -q words
! on host1 dd if=/dev/zero of=/dev/zvol/tank/v bs=4k count=1 conv=fsync,nocreat 2>/dev/null || fail 'the old master takes writes'
expect_status 0 zrep takeover tank/v
on host1 sh -c 'mount /dev/zvol/tank/v /mnt && cat /mnt/file && umount /mnt' | grep -q 'more words'
led_by host1 tank/v

# Superseded and back, with nobody using it.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/v
lab join
on host1 dd if=/dev/urandom of=/dev/zvol/tank/v bs=64k count=4 conv=fsync status=none
expect_status 0 zrep rejoin tank/v
led_by host2 tank/v
