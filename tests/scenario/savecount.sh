#!/bin/bash
# A savecount that is no number above 0: sync goes on and expires nothing, expire refuses.
. "$(dirname "$0")/lib.sh"

pair
for value in 0 -1 many 99999999999999999999999; do
	on host1 zfs set "zrep:savecount=$value" tank/a
	echo "$value" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	says "savecount \"$value\" is no number above 0" 'tank/a on host1' 'zfs set zrep:savecount=5 tank/a'
	for cmd in 'status -m' check doctor; do
		# shellcheck disable=SC2086
		unchanged expect_status 1 zrep $cmd tank/a
		says "tank/a on host1: savecount \"$value\" is no number above 0" 'zfs set zrep:savecount=5 tank/a'
	done
	expect_status 0 zrep status tank/a
	says "tank/a on host1: savecount \"$value\" is no number above 0"
	refuses 3 zrep expire tank/a
	says "savecount \"$value\" is no number above 0" 'zfs set zrep:savecount=5 tank/a'
done
is "$(snaps host1 tank/a | wc -w)" 5
for i in 1 2; do echo $i | put host1 tank/a file; expect_status 0 zrep sync tank/a; done
is "$(snaps host1 tank/a | wc -w)" 7
on host1 zfs set zrep:savecount=5 tank/a
on host2 zfs set zrep:savecount=none tank/a
echo more | put host1 tank/a file
expect_status 0 zrep sync tank/a
says 'tank/a on host2: savecount "none"'
is "$(snaps host1 tank/a | wc -w)" 5
on host2 zfs inherit zrep:savecount tank/a
synced
expect_status 0 zrep expire
is "$(snaps host2 tank/a | wc -w)" 5
