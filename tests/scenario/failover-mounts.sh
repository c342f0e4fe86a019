#!/bin/bash
# needs: mount
# always
# The new master is mounted, the old one read-only; where and whether something is mounted stays as it was set.
. "$(dirname "$0")/lib.sh"

pair
pair tank/a/sub
on host1 zfs create -o mountpoint=/srv/own tank/own
on host1 zfs create tank/a/readonly
on host1 zfs create -o canmount=noauto tank/a/noauto
on host1 sh -c 'echo "of own" >/srv/own/file; zfs set readonly=on tank/a/readonly'
expect_status 0 zrep init tank/own host2 tank/own
on host2 zfs set mountpoint=/srv/elsewhere tank/own
expect_status 0 zrep failover tank/a
for ds in tank/a tank/a/sub; do
	is "$(prop host2 $ds mounted) $(prop host1 $ds mounted)" 'yes yes'
	on host2 sh -c 'echo "written" >/"$1"/file' sh $ds
	! on host1 sh -c 'echo "written" >/"$1"/file' sh $ds 2>/dev/null || fail "$ds is writable"
done
! on host1 sh -c 'echo "written" >/tank/a/readonly/file' 2>/dev/null || fail 'readonly went away'
expect_status 0 zrep failover tank/own
is "$(prop host2 tank/own mountpoint) $(prop host2 tank/own mounted)" '/srv/elsewhere yes'
on host2 grep -q 'of own' /srv/elsewhere/file
on host2 sh -c 'echo "more" >/srv/elsewhere/file'

expect_status 0 zrep takeover all
for ds in tank/a tank/a/sub; do
	on host1 grep -q written /$ds/file
	on host1 sh -c 'echo "written again" >/"$1"/file' sh $ds
done
on host1 grep -q more /srv/own/file
on host1 sh -c 'echo "again" >/srv/own/file'
is "$(prop host1 tank/own mountpoint)" /srv/own
is "$(on host1 zfs get -Ho value,source readonly tank/a/readonly)" $'on\tlocal'
is "$(prop host1 tank/a/noauto canmount) $(prop host1 tank/a/noauto mounted)" 'noauto no'
is "$(on host1 zfs get -Ho source readonly tank/a)" default

# What is not wanted mounted is not; what cannot be is told, and the role moved.
on host2 zfs set canmount=noauto tank/own
on host2 zfs unmount tank/own
expect_status 0 zrep failover tank/own
is "$(prop host2 tank/own mounted)" no
on host2 sh -c 'zfs unmount tank/a/sub; zfs unmount tank/a; rmdir /tank/a; : >/tank/a'
expect_status 1 zrep failover tank/a
says 'cannot mount tank/a' 'on host2' 'tank/a on host2 is the master now'
on host2 sh -c 'rm /tank/a && zfs mount tank/a && zfs mount tank/a/sub && echo "by hand" >/tank/a/file'
expect_status 0 on host2 zrep sync tank/a
