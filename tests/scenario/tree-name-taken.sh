#!/bin/bash
# needs: userspace
# A dataset was made on the replica's host, in a tree, under a name that the master then uses: told by sync, status,
# status -m, check and doctor alike, with what to do; it is left as it is, and the rest of the tree goes on.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
on host1 zfs create tank/a/old
echo words | put host1 tank/a/old file
expect_status 0 zrep init -R tank/a host2 tank/b
on host2 zfs create tank/b/data
on host2 zfs set readonly=off tank/b/data
echo "made there" | put host2 tank/b/data own
on host2 zfs create -V 16M tank/b/vol
on host2 zfs snapshot tank/b/vol@own
for d in data vol new; do on host1 zfs create "tank/a/$d"; done
echo "made here" | put host1 tank/a/new file
echo "more words" | put host1 tank/a/old file
state host2 | grep -E '^tank/b/(data|vol)' >"$WORK/there"

expect_status 3 zrep sync tank/a
same file host1 tank/a/old host2 tank/b/old
same file host1 tank/a/new host2 tank/b/new
diff "$WORK/there" <(state host2 | grep -E '^tank/b/(data|vol)')
tells() {
	local d
	for d in "$@"; do
		says "tank/b/$d on host2" "on host2, zfs rename tank/b/$d tank/b/${d}_moved" "zfs set zrep:exclude=yes tank/a/$d"
	done
}
tells data vol

for verb in "status -v" "status -m" check doctor "on host2 zrep doctor"; do
	got=0
	if [[ $verb == on* ]]; then
		said=$(on host2 zrep doctor tank/b 2>&1) || got=$?
	else
		# shellcheck disable=SC2086 # several words
		said=$(zrep $verb tank/a 2>&1) || got=$?
	fi
	printf '$ zrep %s\n%s\n[%d]\n' "$verb" "$said" $got
	[[ $said == *tank/a/data* || $said == *tank/b/data* ]] || fail "zrep $verb does not tell of it"
done

on host2 zfs rename tank/b/data tank/b/data_moved
on host1 zfs set zrep:exclude=yes tank/a/vol
expect_status 0 zrep sync tank/a
is "$(get host2 tank/b/data_moved own)" "made there"
has host2 tank/b/data
expect_status 0 zrep check tank/a
