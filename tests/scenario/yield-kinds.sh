#!/bin/bash
# A volume, and an encrypted dataset, whose roles are offered and taken.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -V 32M tank/v
head -c 300000 /dev/urandom | put host1 tank/v 0
zrep init tank/v host2 tank/v
head -c 300000 /dev/urandom | put host1 tank/v 4096
expect_status 0 zrep yield tank/v
! head -c 300000 /dev/urandom | put host1 tank/v 0 2>/dev/null || fail 'the volume is writable'
expect_status 0 on host2 zrep takeover -L tank/v
same 0+400000 host1 tank/v host2 tank/v
expect_status 0 on host2 zrep sync tank/v
led_by host2 tank/v

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex tank/e"
echo "secret words" | put host1 tank/e file
zrep init tank/e host2 tank/e
echo "more secret words" | put host1 tank/e file
refuses 3 zrep yield tank/e
says 'the key of tank/e on host2 is not loaded'
on host2 sh -c "echo $key | zfs load-key tank/e"
expect_status 0 zrep yield tank/e
on host2 zfs unload-key tank/e
expect_status 0 on host2 zrep takeover -L tank/e
says 'the key of tank/e on host2 is not loaded'
on host2 sh -c "echo $key | zfs load-key tank/e"
is "$(get host2 tank/e file)" 'more secret words'
expect_status 0 on host2 zrep sync tank/e
leads host2 tank/e
expect_status 0 on host2 zrep yield tank/e
expect_status 0 on host2 zrep takeover tank/e
leads host2 tank/e
expect_status 0 on host2 zrep yield -L tank/e
expect_status 0 zrep takeover tank/e
leads host1 tank/e
