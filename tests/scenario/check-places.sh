#!/bin/bash
# What lies where a replica would be mounted as the master is told by check: a directory that is not empty, where ZFS
# mounts over it; and as a warning what it would not mount over.
. "$(dirname "$0")/lib.sh"

pair
place=$WORK/place
on host2 sh -c 'zfs set mountpoint="$1" tank/a 2>/dev/null' sh "$place" || true # this ZFS mounts nothing
is "$(prop host2 tank/a mountpoint)" "$place"
unchanged expect_status 0 zrep check -v tank/a
says_not 'not empty'

mkdir -p "$place/dir"
unchanged expect_status 0 zrep check -v tank/a
says "$place on host2 is not empty: what is in it is hidden as long as tank/a is mounted there"
on host2 zfs set overlay=off tank/a
unchanged expect_status 1 zrep check tank/a
says "$place is not empty, and its overlay is off" 'on host2: zfs set overlay=on tank/a'
on host2 zfs set overlay=on tank/a
unchanged expect_status 0 zrep check tank/a
rmdir "$place/dir"
unchanged expect_status 0 zrep check -v tank/a
says_not 'not empty'
rmdir "$place"
: >"$place"
unchanged expect_status 1 zrep check tank/a
says "tank/a on host2 could not be mounted: $place is no directory"
rm "$place"
unchanged expect_status 0 zrep check tank/a
