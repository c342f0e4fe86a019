#!/bin/bash
# What cannot be set right on the other side stops nothing else of the tree, and is said, in JSON and without words too.
. "$(dirname "$0")/lib.sh"

for d in a a/b a/c a/d; do on host1 zfs create "tank/$d" && echo "words of $d" | put host1 "tank/$d" file; done
expect_status 0 zrep init -R tank/a host2 tank/x
# In the place that b is to have is somebody else's, and the replica of c has something in it.
on host1 zfs rename tank/a/b tank/a/new
on host2 zfs create tank/x/new
on host1 sh -c 'zfs list -Hrt snapshot -o name tank/a/c | xargs -d "\n" -n 1 zfs release zrep; zfs destroy -r tank/a/c'
on host2 zfs create -o readonly=off tank/x/c/mine
echo more | put host1 tank/a/d file
on host1 zfs create tank/a/late
expect_status 3 zrep sync tank/a
says 'tank/a/b was renamed to tank/a/new on host1: that cannot be done there' 'on host2, zfs rename tank/x/new tank/x/new_moved makes room, then on host1, zrep sync tank/a' \
	'tank/a/c is gone on host1: tank/x/c on host2 stays as it is, because it contains tank/x/c/mine' 'tank/a/late -> host2:tank/x/late'
same file host1 tank/a/d host2 tank/x/d
is "$(get host2 tank/x/c file)" 'words of a/c'
one() { local n; n=$({ "$@" || true; } 2>"$WORK/err" | jq -s length); [[ $n == 1 ]] || { cat "$WORK/err"; fail "$n JSON documents: $*"; }; }
for args in 'sync all' 'sync tank/a' '-n sync tank/a' '-n sync all' 'snaponly tank/a' '-n snaponly all' 'synconly all' '--quiet sync all' \
	'sync -q 0 all' 'sync -R tank/a'; do
	# shellcheck disable=SC2086
	one zrep --json $args
done
one on host2 zrep --json refresh all

# As it is said.
on host2 zfs rename tank/x/new tank/mine
on host2 zfs rename tank/x/b tank/x/new
on host2 zfs rename tank/x/c/mine tank/mine-too
expect_status 0 zrep sync tank/a
is "$(get host2 tank/x/new file)" 'words of a/b'
is "$(kept host2 tank/x/c | wc -l)" 1

# A step that fails: here the new name is short enough, and there it is not.
on host1 zfs rename tank/a/new tank/a/newer
echo even more | put host1 tank/a/d file
unchanged expect_status 0 zrep -n sync all
says 'tank/a/new was renamed to tank/a/newer on host1' 'tank/a/d@'
expect_status 0 zrep sync all
same file host1 tank/a/newer host2 tank/x/newer
long=tank/$(printf 'x%.0s' {1..120})
longer=tank/e/$(printf 'y%.0s' {1..160})
for d in e e/b e/d; do on host1 zfs create "tank/$d" && echo "words of $d" | put host1 "tank/$d" file; done
expect_status 0 zrep init -R tank/e host2 "$long"
on host1 zfs rename tank/e/b "$longer"
echo more | put host1 tank/e/d file
on host1 zfs create tank/e/new
expect_status 1 zrep sync tank/e
says "$longer on host1 is not replicated" 'tank/e/d -> '
same file host1 tank/e/d host2 "$long/d"
has host2 "$long/new"
on host1 zfs rename "$longer" tank/e/c
expect_status 0 zrep sync tank/e
same file host1 tank/e/c host2 "$long/c"

# Six in a row, and two of which each has the other's name, also on both hosts.
for i in 1 2 3 4 5 6; do on host1 zfs create "tank/a/n$i" && echo "$i" | put host1 "tank/a/n$i" file; done
expect_status 0 zrep sync tank/a
for i in 6 5 4 3 2 1; do on host1 zfs rename "tank/a/n$i" "tank/a/n$((i + 1))"; done
expect_status 0 zrep sync tank/a
for i in 2 3 4 5 6 7; do is "$(get host2 "tank/x/n$i" file)" $((i - 1)); done
on host1 sh -c 'zfs rename tank/a/n2 tank/a/t; zfs rename tank/a/n3 tank/a/n2; zfs rename tank/a/t tank/a/n3'
expect_status 0 zrep sync tank/a
is "$(get host2 tank/x/n2 file) $(get host2 tank/x/n3 file)" '2 1'
# The same, and on the other host by hand.
on host1 sh -c 'zfs rename tank/a/n2 tank/a/t; zfs rename tank/a/n3 tank/a/n2; zfs rename tank/a/t tank/a/n3'
on host2 sh -c 'zfs rename tank/x/n2 tank/x/t; zfs rename tank/x/n3 tank/x/n2; zfs rename tank/x/t tank/x/n3'
expect_status 0 zrep sync tank/a
is "$(get host2 tank/x/n2 file) $(get host2 tank/x/n3 file)" '1 2'
