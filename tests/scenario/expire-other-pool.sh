#!/bin/bash
# needs: userspace
# expire is for both sides: where the other one's pool is away, or read-only, this side's snapshots go all the same, and
# the other side is said to be left.
. "$(dirname "$0")/lib.sh"

snaps() { on "$1" zfs list -H -t snapshot -o name tank/a | wc -l; }
# more: has more snapshots than it keeps.
more() {
	local i
	on host1 zfs set zrep:savecount=9 tank/a
	on host2 zfs set zrep:savecount=9 tank/a
	for i in 1 2 3; do
		echo "$RANDOM$i" | put host1 tank/a file
		synced
	done
	on host1 zfs set zrep:savecount=1 tank/a
	on host2 zfs set zrep:savecount=1 tank/a
}

pair
more
there=$(snaps host2)
on host2 zpool export tank
expect_status 1 zrep expire tank/a
says 'tank/a expired here only' 'pool tank is not imported on host2' 'on host2: zpool import tank'
on host2 zpool import -o readonly=on -d "$LAB_DIR/host2" tank
here=$(snaps host1)
((here < there)) || fail "$here of $there left on host1"
expect_status 1 zrep expire all
says 'tank/a expired here only' 'pool tank is imported read-only on host2'
is "$(snaps host2)" "$there"
expect_status 0 zrep expire -L tank/a
on host2 zpool export tank
on host2 zpool import -d "$LAB_DIR/host2" tank
expect_status 0 zrep expire tank/a
is "$(snaps host2)" "$here"
