#!/bin/bash
# A block of a file on the master cannot be read. The sync says what is damaged and what to do, the other datasets go on,
# check and status are critical, and as it is told it goes on: nothing is copied anew.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -o primarycache=metadata -o compression=off tank/a
on host1 zfs create tank/b
echo one | put host1 tank/a file
for d in a b; do expect_status 0 zrep init tank/$d host2 tank/$d; done
head -c 1000000 /dev/zero | tr '\0' 'Q' | sed 's/QQQQQQQQQQQQQQQQ/SOUGHT-IN-A-BLOCK/' | put host1 tank/a bad
on host1 zpool sync
on host1 zfs snapshot tank/a@has-it
"$LAB" kill host1
at=$(grep -abo -m1 SOUGHT-IN-A-BLOCK "$LAB_DIR/host1/pool" | cut -d: -f1 | head -n 1)
[[ -n $at ]] || fail 'the block is not in the pool'
printf XXXXXXXX | dd of="$LAB_DIR/host1/pool" bs=1 seek=$((at + 2)) conv=notrunc 2>/dev/null
"$LAB" start host1

echo two | put host1 tank/b file
expect_status 1 zrep sync all
says 'cannot send tank/a@has-it on host1: an input/output error' '`zpool status -v tank` on host1' 'destroy the snapshots that still have it: the first is tank/a@has-it'
same file host1 tank/b host2 tank/b
expect_status 2 zrep check tank/a
says 'input/output error'
expect_status 2 zrep status -m

# As it is told: the file goes, and each snapshot that is named.
echo new | put host1 tank/a bad
on host1 zfs destroy tank/a@has-it
for _ in 1 2 3 4; do
	status=0
	said=$(zrep sync tank/a 2>&1) || status=$?
	[[ $status -ne 0 ]] || break
	next=$(sed -n 's/.*the first is \(tank.a@[a-z0-9_-]*\).*/\1/p' <<<"$said")
	[[ -n $next ]] || fail 'no snapshot is named'
	on host1 zfs destroy "$next"
done
is "$status" 0
expect_status 0 zrep check tank/a
same bad host1 tank/a host2 tank/a
is "$(on host1 zfs list -Hd1 -t snapshot -o name tank/a | grep -c zrep_000000)" 1
