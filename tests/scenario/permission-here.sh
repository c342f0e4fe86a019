#!/bin/bash
# needs: userspace
# A user without privileges is told by which `zfs allow` he gets what he needs here; then it works.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
refuses 1 on host1 env "${user[@]}" zrep init tank/a host2 tank/a
says 'tank/a' 'on host1' 'permission denied' 'as root on host1: zfs allow -u'
allow
expect_status 0 on host1 env "${user[@]}" zrep init tank/a host2 tank/a
on host1 zfs set zrep:savecount=1 tank/a
for words in "second words" "third words"; do
	echo "$words" | put host1 tank/a file
	expect_status 0 on host1 env "${user[@]}" zrep sync tank/a
	same file host1 tank/a host2 tank/a
done
is "$(snaps host1 tank/a)" zrep_000002
expect_status 0 on host1 env "${user[@]}" zrep status
says 'host2:tank/a' ' ok'
expect_status 0 on host1 env "${user[@]}" zrep clear -f tank/a
