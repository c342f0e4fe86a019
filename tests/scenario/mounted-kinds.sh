#!/bin/bash
# needs: mount
# Mounted by hand, by /etc/fstab, or not at all: what is in use is replicated, and the role moves under it.
. "$(dirname "$0")/lib.sh"

mnt=/mnt/legacy
on host1 zfs create -o canmount=off tank/off
on host1 zfs create tank/off/sub
on host1 zfs create -o canmount=noauto tank/noauto
on host1 zfs create -o mountpoint=legacy tank/legacy
on host1 sh -c 'zfs mount tank/noauto && mkdir -p '$mnt' && mount -t zfs tank/legacy '$mnt
on host1 sh -c 'for d in /tank/off/sub /tank/noauto '$mnt'; do echo "first words" >"$d/file"; done'
all=(off off/sub noauto legacy)
for ds in "${all[@]}"; do
	expect_status 0 zrep init "tank/$ds" host2 "tank/$ds"
	is "$(prop host2 "tank/$ds" mounted)" no
done
on host1 sh -c 'for d in /tank/off/sub /tank/noauto '$mnt'; do echo "second words" >"$d/file"; done'
expect_status 0 zrep sync all
for ds in off/sub noauto legacy; do is "$(get host2 "tank/$ds" file)" 'second words'; done

# Read-only wherever it is mounted, and writable again when the role is back.
expect_status 0 zrep failover all
for d in /tank/off/sub /tank/noauto $mnt; do
	! on host1 sh -c 'echo "not here" >"$1/file"' sh "$d" 2>/dev/null || fail "$d is writable"
done
is "$(prop host1 tank/off mounted) $(prop host1 tank/noauto mounted) $(prop host1 tank/legacy mounted)" 'no yes yes'
expect_status 0 zrep takeover all
for d in /tank/off/sub /tank/noauto $mnt; do
	on host1 sh -c 'echo "third words" >"$1/file"' sh "$d"
done
is "$(prop host1 tank/off mounted)" no
expect_status 0 zrep sync all
for ds in off/sub noauto legacy; do is "$(get host2 "tank/$ds" file)" 'third words'; done

# Not mounted at all, they are replicated all the same.
on host1 sh -c 'umount '$mnt'; rmdir '$mnt'; zfs unmount tank/noauto'
expect_status 0 zrep sync all
expect_status 0 zrep failover all
for ds in noauto legacy; do is "$(prop host1 "tank/$ds" mounted)" no; done
