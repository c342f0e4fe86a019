#!/bin/bash
# needs: mount
# zrep drill where something is mounted: the clones are, aside, and nowhere else; what is still in use is said, and goes with the
# next one.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/t
on host1 zfs create -o mountpoint=/srv/own tank/t/own
on host1 zfs create -o canmount=noauto tank/t/noauto
on host1 sh -c 'echo one >/tank/t/file; echo own >/srv/own/file'
expect_status 0 zrep init -R tank/t host2 tank/t
expect_status 0 zrep sync tank/t
hook host2 drill <<'END'
	echo "$(cat "$ZREP_MOUNTPOINT/file") $(cat "$ZREP_MOUNTPOINT/own/file") $(ls "$ZREP_MOUNTPOINT" | tr '\n' ' ')"
	echo mine >"$ZREP_MOUNTPOINT/file"
	zfs mount | grep -c _drill_
	[ ! -e /tmp/busy ] || { cd "$ZREP_MOUNTPOINT" && sleep 20 >/dev/null 2>&1 & }
END
expect_status 0 on host2 zrep drill tank/t
says 'one own' '; 3'
is "$(on host2 zfs list -Ho name -r tank | grep -c _drill_ || true)" 0
is "$(on host2 sh -c 'ls /run/zrep/drill 2>/dev/null | wc -l')" 0
on host1 sh -c 'echo two >/tank/t/file'
expect_status 0 zrep sync tank/t
on host2 touch /tmp/busy
expect_status 1 on host2 zrep drill tank/t
says 'cannot be destroyed' 'zfs destroy -r tank/t_drill_'
expect_status 0 zrep sync tank/t
on host2 rm /tmp/busy
sleep 21
expect_status 0 on host2 zrep drill tank/t
says 'an earlier drill had left' 'two own'
is "$(on host2 zfs list -Ho name -r tank | grep -c _drill_ || true)" 0
expect_status 0 zrep failover tank/t
is "$(on host2 cat /tank/t/file)" two
