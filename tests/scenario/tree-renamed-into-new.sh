#!/bin/bash
# A member that moves into a new dataset under the name of one that was renamed, or destroyed and made anew: its replica does not go
# into what leaves there, and all is in step after a sync or two.
# needs: userspace
. "$(dirname "$0")/lib.sh"

in_step() {
	local d
	expect_status 0 zrep sync tank/t
	expect_status 0 zrep sync tank/t
	for d in "$@"; do same file host1 "tank/t/$d" host2 "tank/t/$d"; done
	is "$(on host2 zfs list -Hro name tank/t | grep -v _kept_ | paste -sd ' ')" "$(on host1 zfs list -Hro name tank/t | paste -sd ' ')"
	expect_status 0 zrep check tank/t
}
for d in . /p /c; do on host1 zfs create "tank/t${d#.}"; echo "first ${d#/}" | put host1 "tank/t${d#.}" file; done
expect_status 0 zrep init -R tank/t host2 tank/t

on host1 sh -c 'zfs rename tank/t/p tank/t/q && zfs create tank/t/p && zfs rename tank/t/c tank/t/p/c'
echo new | put host1 tank/t/p file
in_step p p/c q

on host1 sh -c 'zfs list -Hrt snapshot -o name tank/t/q | while read -r s; do zfs release zrep "$s"; done
	zfs destroy -r tank/t/q && zfs create tank/t/q && zfs rename tank/t/p/c tank/t/q/c'
echo newer | put host1 tank/t/q file
echo later | put host1 tank/t/q/c file
in_step p q q/c
expect_status 0 zrep failover tank/t
for d in p q q/c; do same file host1 "tank/t/$d" host2 "tank/t/$d"; done
