#!/bin/bash
# needs: mount
# What is mounted where a replica would be as the master, below that, or over it, is told by check; and so is what would keep
# ZFS from mounting it.
. "$(dirname "$0")/lib.sh"

pair
pair tank/a/sub
on host2 zfs create -o mountpoint=none tank/other
unchanged expect_status 0 zrep check -v tank/a
says_not 'hidden' 'mounted at'

on host2 sh -c 'mkdir -p /tank/a/log && : >/tank/a/old'
unchanged expect_status 0 zrep check -v tank/a
says '/tank/a on host2 is not empty'
on host2 mount -t tmpfs none /tank/a/log
unchanged expect_status 1 zrep check tank/a
says 'what is mounted at /tank/a/log on host2 would be hidden by tank/a'
on host2 umount /tank/a/log
on host2 mount -t tmpfs none /tank/a
unchanged expect_status 1 zrep check tank/a
says 'none (tmpfs) is mounted at /tank/a on host2, where tank/a would be mounted'
on host2 zfs set overlay=off tank/a
unchanged expect_status 1 zrep check tank/a
says_not 'overlay' # over what is empty ZFS mounts it all the same
on host2 touch /tank/a/in-memory
unchanged expect_status 1 zrep check tank/a
says 'and cannot be, as its overlay is off'
on host2 umount /tank/a
unchanged expect_status 1 zrep check tank/a
says '/tank/a is not empty'
expect_status 1 zrep failover tank/a
says 'cannot mount tank/a'
on host2 sh -c 'zfs inherit overlay tank/a && zfs unmount tank/a/sub && rm -r /tank/a && zfs mount tank/a && zfs mount tank/a/sub'
expect_status 0 zrep takeover tank/a

# It is mounted as the replica, and something over it.
on host2 zfs set mountpoint=/tank/a tank/other
unchanged expect_status 1 zrep check tank/a
says 'tank/other is mounted at /tank/a on host2, over tank/a'
on host2 zfs set mountpoint=none tank/other
unchanged expect_status 0 zrep check tank/a
on host2 zfs unmount tank/a
on host2 zfs set mountpoint=/tank/a tank/other
unchanged expect_status 1 zrep check tank/a
says 'tank/other is mounted at /tank/a on host2, where tank/a would be mounted'
