#!/bin/bash
# always
# Two destinations for one dataset: each tag is a pair of its own.
. "$(dirname "$0")/lib.sh"

pair
on host2 zfs create tank/other
expect_status 0 zrep -t off.site init tank/a host2 tank/other/a
echo "second words" | put host1 tank/a file
synced
expect_status 0 zrep -t off.site sync tank/a
same file host1 tank/a host2 tank/other/a
expect_status 0 on host1 env ZREPTAG=off.site zrep sync tank/a
is "$(snaps host2 tank/other/a)" 'off.site_000000 zrep_000001 off.site_000001' # and what the other pair has in common
is "$(prop host2 tank/other/a off.site:dest-fs)" tank/other/a

# Each expires and clears its own, and holds what it needs.
on host1 zfs set zrep:savecount=1 tank/a
for i in 1 2 3; do
	echo "$i" | put host1 tank/a file
	synced
done
is "$(holds host1 tank/a@off.site_000001)" off.site
echo 4 | put host1 tank/a file
expect_status 0 zrep -t off.site sync tank/a
same file host1 tank/a host2 tank/other/a
expect_status 0 zrep clear -f tank/a
is "$(snaps host1 tank/a)" 'off.site_000000 off.site_000001 off.site_000002'
is "$(prop host1 tank/a off.site:master)" yes
expect_status 0 zrep -t off.site sync tank/a

unchanged expect_status 2 zrep -t 'No Tag' sync tank/a
says '"No Tag" is no tag' '-> '
