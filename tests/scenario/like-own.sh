#!/bin/bash
# Snapshots and datasets of others that are called nearly as zrep's own: they are none.
. "$(dirname "$0")/lib.sh"

pair
others=(zrep zrep_ zrep_1 zrep_00000 zrep_00000g zrep-000001 zrep_000001x zrep_000001_sent _zrep_000001 Zrep_000001
	zrep_000001_unsent_ zrep_000000_000001 'zrep_000 001' zrep_-00001 zrep_0x0001 zrep2_000001 zrep_zrep_000001)
for name in "${others[@]}"; do on host1 zfs snapshot "tank/a@$name"; done
there() {
	for name in "${others[@]}"; do
		has "$1" "tank/a@$name" || fail "@$name is gone from $1"
	done
}
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=1 tank/a
for i in 1 2 3; do
	echo "turn $i" | put host1 tank/a file
	synced
done
there host1
there host2
is "$(snaps host1 tank/a | tr ' ' '\n' | grep -cx 'zrep_00000[0-9]')" 1

# Of another tag that begins in the same way, and of one that is part of it.
for tag in zrep3 zre zrep_0; do
	expect_status 0 zrep -t "$tag" init tank/a host2 "tank/$tag"
	echo "by $tag" | put host1 tank/a file
	expect_status 0 zrep -t "$tag" sync tank/a
	same file host1 tank/a host2 "tank/$tag"
done
echo "by all" | put host1 tank/a file
synced
there host1
for tag in zrep3 zre zrep_0; do
	expect_status 0 zrep -t "$tag" expire tank/a
	expect_status 0 zrep -t "$tag" clear -f tank/a
	there host1
done
synced

# A dataset of that name, a pair of its own.
on host1 zfs create tank/a/zrep_000000
on host1 zfs create -p tank/zrep/zrep
for ds in tank/a/zrep_000000 tank/zrep tank/zrep/zrep; do
	echo "of $ds" | put host1 "$ds" file
	expect_status 0 zrep init "$ds" host2 "$ds"
	echo "more of $ds" | put host1 "$ds" file
	synced "$ds"
done

# A snapshot of somebody's with the next name of ours: another number is taken, and it counts as ours from then on.
next=$(snaps host1 tank/a | tr ' ' '\n' | grep -x 'zrep_00000[0-9]')
on host1 zfs snapshot "tank/a@zrep_00000$((${next: -1} + 1))"
echo "after it" | put host1 tank/a file
synced
there host1
