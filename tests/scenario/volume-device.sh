#!/bin/bash
# needs: volume
# always
# A volume with a file system on it, in use.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -V 64M tank/v
on host1 sh -c 'until [ -e /dev/zvol/tank/v ]; do sleep 0.1; done; mke2fs -q /dev/zvol/tank/v && mount /dev/zvol/tank/v /mnt && echo "first words" >/mnt/file && sync'
expect_status 0 zrep init tank/v host2 tank/v
on host1 sh -c 'echo "second words" >/mnt/file && sync -f /mnt/file'
expect_status 0 zrep sync tank/v
on host1 umount /mnt
on host2 sh -c 'until [ -e /dev/zvol/tank/v ]; do sleep 0.1; done; mount -o ro,noload /dev/zvol/tank/v /mnt || mount -o ro /dev/zvol/tank/v /mnt; cat /mnt/file; umount /mnt' | grep -q 'second words'
expect_status 0 zrep sync tank/v
