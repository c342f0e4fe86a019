#!/bin/bash
# status -m and check tell what is none of the pairs and perhaps should be: a dataset that was never replicated though those
# beside it are, and a pool that is not imported with what this host was the master of in it.
# needs: userspace
. "$(dirname "$0")/lib.sh"

# --- never replicated ---
for ds in a b; do pair "tank/$ds"; done
expect_status 0 zrep status -m
on host1 zfs create tank/c
for cmd in 'status -m' check; do
	# shellcheck disable=SC2086
	unchanged expect_status 1 zrep $cmd
	says 'ZREP WARNING - tank/c: ' 'tank/c on host1 is not replicated, although 2 others in tank are' \
		'on host1, zrep init tank/c host2 tank/c' 'on host1, zfs set zrep:exclude=yes tank/c'
done
expect_status 0 zrep status -m tank/a # only about what was asked for
expect_status 0 zrep check tank/a
expect_status 1 zrep --json status -m
is "$(jq -r '.datasets."tank/c".findings[0].level' <<<"$said")" warning

# One that is not meant to be: somebody's word, a copy, a clone, what nothing is written to, what holds nothing, another
# tag's pair, something that holds pairs.
quiet() { # NAME
	expect_status 0 zrep status -m
	expect_status 0 zrep check
	on host1 zfs destroy -r "$1"
}
on host1 zfs set zrep:exclude=yes tank/c
quiet tank/c
on host1 zfs create tank/c
on host1 zfs set readonly=on tank/c
quiet tank/c
on host1 zfs create -o canmount=off tank/c
quiet tank/c
on host1 zfs clone "tank/a@zrep_000000" tank/c
quiet tank/c
on host1 zfs create tank/a_kept_20261125T130509Z
quiet tank/a_kept_20261125T130509Z
on host1 zfs create tank/c
expect_status 0 zrep -t other init tank/c host2 tank/c
expect_status 0 zrep status -m
expect_status 0 zrep -t other status -m # one pair by itself has nothing beside it
expect_status 0 zrep -y -t other clear tank/c
on host1 zfs destroy -r tank/c
on host1 zfs create -p tank/c/one
expect_status 0 zrep init tank/c/one host2 tank/one
expect_status 0 zrep status -m
on host1 zfs create -o zrep:exclude=no tank/d
expect_status 1 zrep status -m
says 'tank/d on host1 is not replicated'
on host1 zfs set zrep:exclude=yes tank # for all that is none of the pairs
expect_status 0 zrep status -m
on host1 zfs inherit zrep:exclude tank

# As many that are none are somebody's choice.
on host1 zfs create tank/e
expect_status 0 zrep status -m
on host1 zfs destroy tank/e
# The other host has replicas, and nothing is forgotten there.
on host2 zfs create tank/e
expect_status 0 on host2 zrep status -m
expect_status 0 on host2 zrep check
expect_status 0 zrep init tank/d host2 tank/d
expect_status 0 zrep status -m

# --- a pool that is gone ---
away() { on host1 zpool export data; }
back() { on host1 sh -c 'zpool import -d ~ data'; }
on host1 sh -c 'truncate -s 128M ~/disk-data; zpool create -O mountpoint=none data ~/disk-data'
on host1 zfs create data/x
echo one | put host1 data/x file
expect_status 0 zrep init data/x host2 tank/x
expect_status 0 zrep sync data/x
expect_status 0 zrep -t second init data/x host2 tank/y
expect_status 0 zrep status -m
away
for cmd in 'status -m' check; do
	# shellcheck disable=SC2086
	unchanged expect_status 2 zrep $cmd
	says 'ZREP CRITICAL - data: ' 'host1 has not imported the pool data, in which it is the master of data/x' \
		'on host1: zpool import data'
done
expect_status 0 zrep status
says 'has not imported the pool data'
expect_status 2 zrep -t second status -m # the only one of that tag
says 'the master of data/x'
expect_status 2 zrep -t second check
# Whoever works on all tells it as well, of each dataset, after the others.
echo two | put host1 tank/a file
expect_status 3 zrep sync all
says 'pool data is not imported on host1: data/x cannot be seen' '-> on host1: zpool import data' '1 failed'
same file host1 tank/a host2 tank/a
is "$({ zrep sync --json all 2>/dev/null || true; } | jq -c '[.exit, .datasets."data/x".exit, .datasets."data/x".error.reason]')" '[3,3,"pool-away"]'
for cmd in 'snaponly all' 'synconly all' 'expire all' 'expire -L' '-n sync all'; do
	# shellcheck disable=SC2086
	expect_status 3 zrep $cmd
	says 'pool data is not imported on host1: data/x cannot be seen'
done
expect_status 3 zrep -t second sync all # all that it has
says '1 dataset: ' '1 failed'
expect_status 3 zrep metrics
says 'pool data is not imported' 'zrep_collection_failed{tag="zrep"} 1' 'zrep_verdict{dataset="data/x",tag="zrep",peer=""} 2'
is "$(zrep metrics tank/a 2>/dev/null | grep ^zrep_collection_failed)" 'zrep_collection_failed{tag="zrep"} 0' # only what was asked for
expect_status 2 zrep check # that does not make it forgotten
# The other host says it of its replica.
expect_status 2 on host2 zrep check
says 'pool data is not imported'
# What the remedy says.
[[ $(zrep check -v) =~ rm\ ([^\)]*) ]] || fail 'nothing to paste'
on host1 rm "${BASH_REMATCH[1]}"
expect_status 0 zrep check
back
expect_status 0 zrep sync data/x
away
expect_status 2 zrep check
back
expect_status 0 zrep check

# Its pool has another name, and is there.
expect_status 0 zrep -y -t second clear data/x
away
on host1 sh -c 'zpool import -d ~ data data2'
expect_status 3 zrep -n sync all # it moved, and says so itself
says_not 'not imported'
expect_status 2 zrep check
says_not 'not imported'
expect_status 0 zrep changeconfig -R data data2
expect_status 0 on host2 zrep changeconfig -R host1 data data2
expect_status 0 zrep sync data2/x
expect_status 0 zrep check
on host1 sh -c 'zpool export data2; zpool import -d ~ data2 data'
expect_status 0 zrep changeconfig -R data2 data
expect_status 0 on host2 zrep changeconfig -R host1 data2 data
expect_status 0 zrep sync data/x

# Not the master any more: nobody is told.
expect_status 0 zrep failover data/x
away
expect_status 0 zrep status -m
expect_status 0 zrep check
back
expect_status 0 on host2 zrep failover tank/x
away
expect_status 2 zrep check
says 'the master of data/x'
back
# Destroyed here by somebody: when it is there, it is known not to be there.
expect_status 0 zrep -y clear data/x
away
expect_status 0 zrep check
