#!/bin/bash
# uptodate and lastsent answer one question each, without asking another host.
. "$(dirname "$0")/lib.sh"

pair
synced
lab cut
expect_status 0 zrep uptodate tank/a
says 'tank/a on host1 is up to date: nothing was written since @zrep_0'
echo "second words" | put host1 tank/a file
# Not committed yet, or just so: it counts.
expect_status 1 zrep uptodate tank/a
says 'is not up to date: ' ' and 0 snapshots since @zrep_0'
expect_status 1 zrep --quiet uptodate tank/a
is "$said" ''
is "$({ on host1 zrep --json uptodate tank/a || true; } | jq '.datasets."tank/a" | .uptodate, .unsent_bytes > 0' | paste -sd ' ')" 'false true'
last=$(on host1 zrep lastsent tank/a)
is "$(on host1 zrep getlastsent tank/a)" "$last"
is "$(prop host1 "$last" zrep:sent | grep -cE '^[0-9]+$')" 1
lab join
synced
expect_status 0 zrep uptodate tank/a
[[ $(on host1 zrep lastsent tank/a) > $last ]] || fail 'still the same'
is "$(on host1 zrep lastsent --json tank/a | jq -r '.datasets."tank/a".snapshot')" "$(snaps host1 tank/a | grep -o '[^ ]*$')"
is "$(on host2 zrep lastsent tank/a)" "$(on host1 zrep lastsent tank/a)"
on host1 zfs snapshot tank/a@mine
expect_status 1 zrep uptodate tank/a

refuses 3 on host2 zrep uptodate tank/a
says 'tank/a on host2 is a replica'
on host1 zfs create tank/plain
refuses 3 zrep uptodate tank/plain
expect_status 1 zrep uptodate tank/none
says 'tank/none on host1 does not exist'
expect_status 1 zrep lastsent tank/plain
says 'is not replicated by zrep'
expect_status 1 zrep uptodate tank/a tank/plain
expect_status 2 zrep uptodate 'tank/a@mine'
