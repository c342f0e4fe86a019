#!/bin/bash
# Properties that are chosen for the replica, and remembered for another time.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -o compression=lz4 -o atime=off -o quota=100M tank/a
fill host1 tank/a big 20
echo "words" | put host1 tank/a file

for bad in '-o readonly=off' '-x readonly' '-o encryption=on' '-o volblocksize=8K' '-o zrep:master=yes'; do
	# shellcheck disable=SC2086
	refuses 3 zrep init $bad tank/a host2 tank/a
	says 'cannot be chosen for it'
done
unchanged expect_status 2 zrep init -o compression tank/a host2 tank/a
unchanged expect_status 2 zrep init -x com.example=1 tank/a host2 tank/a
# ZFS has the last word.
expect_status 1 zrep init -o compression=tight tank/a host2 tank/a
hasnt host2 tank/a

# They hold for a copy that is resumed as well.
said_once=(-o compression=zstd -o mountpoint=/backup/a -o 'com.example:note=a, b and 100%' -x quota)
unchanged expect_status 0 zrep -n init "${said_once[@]}" tank/a host2 tank/a
says 'mountpoint=/backup/a' 'zrep:props=com.example:note=a%2C b and 100%25,compression=zstd,mountpoint=/backup/a,-quota'
begin 12 zrep init "${said_once[@]}" tank/a host2 tank/a
signal TERM
ended 1
within 10 has host2 tank/a
within 10 idle
on host2 zfs inherit compression tank/a # as if it had not come to that
expect_status 0 zrep init "${said_once[@]}" tank/a host2 tank/a
chosen() {
	is "$(prop host2 tank/a compression) $(prop host2 tank/a atime) $(prop host2 tank/a quota)" 'zstd off 0'
	is "$(prop host2 tank/a mountpoint) $(prop host2 tank/a com.example:note)" '/backup/a a, b and 100%'
	is "$(prop host2 tank/a readonly)" on
	is "$(prop host1 tank/a zrep:props)" "$(prop host2 tank/a zrep:props)"
}
chosen
is "$(prop host1 tank/a compression) $(prop host1 tank/a quota)" "lz4 $((100 << 20))"
synced
expect_status 0 zrep init -o compression=gzip tank/a host2 tank/a
says 'for tank/a on host2 is chosen from now on' compression=gzip
is "$(prop host2 tank/a compression)" gzip
expect_status 0 zrep init -o compression=zstd tank/a host2 tank/a
chosen

# The replica is lost: what was chosen once is chosen again.
on host2 sh -c 'for s in $(zfs list -Hrt snapshot -o name tank/a); do zfs release zrep $s 2>/dev/null; done; zfs destroy -r tank/a'
expect_status 0 zrep clear -f tank/a
says 'zrep:props of tank/a on host1 stays'
expect_status 0 zrep init tank/a host2 tank/a
says 'that were chosen for it before'
chosen
synced

# Only the source forgot: the replica knows.
expect_status 0 zrep clear -f tank/a
on host1 zfs inherit zrep:props tank/a
on host1 zfs snapshot tank/a@x # of no use: the replica does not have it
refuses 3 zrep init tank/a host2 tank/a
says 'no snapshot in common'

# The settings come first, and fit what they fit.
on host1 zfs create tank/b
on host1 zfs create -s -V 16M tank/v
settings=(ZREP_CREATE_FLAGS='-o readonly=on -o recordsize=64K -o compression=gzip' ZREP_SAVE_COUNT=12)
expect_status 0 on host1 env "${settings[@]}" zrep init -o compression=zstd tank/b host2 tank/b
is "$(prop host2 tank/b recordsize) $(prop host2 tank/b compression) $(prop host2 tank/b zrep:savecount)" '65536 zstd 12'
is "$(prop host1 tank/b zrep:savecount)" 12
expect_status 0 on host1 env "${settings[@]}" zrep init tank/v host2 tank/v
is "$(prop host2 tank/v compression)" gzip
