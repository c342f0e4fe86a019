#!/bin/bash
# Long lists of snapshots: some hundred of others, and of zrep's own. (What grows with their number alone, in the
# program, tests/unit/many_test.c measures with a hundred thousand.)
. "$(dirname "$0")/lib.sh"

# snapshots FORMAT N: each takes a transaction group of its own.
# shellcheck disable=SC2016
snapshots() { on host1 sh -c 'i=0; while [ $i -lt "$2" ]; do zfs snapshot "$(printf "tank/a@$1" $i)"; i=$((i + 1)); done' sh "$1" "$2"; }
# changes HOST: calls that change something, or move a stream, since the last reset.
changes() { lab ctl "$1" counts | sed -n 's/^changing //p'; }
reset() { for host in host1 host2; do [[ $LAB_KIND == vm ]] || lab ctl $host counts reset; done; }
few() { for host in host1 host2; do [[ $LAB_KIND == vm || $(changes $host) -le $1 ]] || fail "$(lab ctl $host counts)"; done; }

# Those from before are not sent, and stand in nobody's way.
on host1 zfs create tank/a
snapshots before-%04d 200
echo "first words" | put host1 tank/a file
reset
expect_status 0 zrep init tank/a host2 tank/a
is "$(snaps host2 tank/a)" zrep_000000
reset
expect_status 0 zrep sync tank/a
says 'unchanged since @zrep_000000'
few 5
echo "second words" | put host1 tank/a file
synced

# Those from afterwards are sent, each; nothing else is done once for each of them.
snapshots after-%04d 100
reset
synced
is "$(snaps host2 tank/a | wc -w)" 103
[[ $LAB_KIND == vm || $(changes host2) -lt 115 ]] || fail "$(lab ctl host2 counts)"

# As many of zrep's own, which have served their time: they go in one call.
snapshots zrep_%06x0 100
reset
echo "third words" | put host1 tank/a file
expect_status 0 zrep sync tank/a
is "$(snaps host1 tank/a | tr ' ' '\n' | grep -c ^zrep)" 5
same file host1 tank/a host2 tank/a
[[ $LAB_KIND == vm || $(lab ctl host1 counts | sed -n 's/^txgs CHANNEL_PROGRAM //p') -le 3 ]] || fail "$(lab ctl host1 counts)"
