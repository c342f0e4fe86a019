#!/bin/bash
# always
# What zrep's exit status tells a script.
. "$(dirname "$0")/lib.sh"

pair
expect_status 0 zrep sync tank/a
expect_status 0 zrep help sync
expect_status 1 zrep sync tank/none
says 'tank/none on host1 does not exist' '-> '
for args in '' 'sink tank/a' 'sync' 'sync -x tank/a' 'sync --timeout none tank/a' 'init tank/a host2' 'sync -q soon tank/a'; do
	# shellcheck disable=SC2086
	expect_status 2 zrep $args
	says 'zrep: '
done
# "all" stands alone: with others, nothing is done.
for verb in sync snaponly synconly expire refresh failover takeover yield; do
	for args in "$verb all tank/a" "$verb tank/a all"; do
		# shellcheck disable=SC2086
		unchanged expect_status 2 zrep -y $args
		says "zrep $verb: \"all\" stands for every dataset" "zrep help $verb"
	done
done
unchanged expect_status 2 zrep failover all host2 tank/a
unchanged expect_status 3 zrep failover all host3 # that is a HOST
# Of several that fail differently, 1; of those that do not, what they have in common.
on host1 zfs create tank/b
expect_status 0 zrep init tank/b host2 tank/b
expect_status 0 zrep pause tank/a tank/b
for n in '' -n; do
	expect_status 3 zrep $n sync tank/a tank/b
	expect_status 1 zrep $n sync tank/none tank/a
	expect_status 1 zrep $n sync tank/a tank/none
done
expect_status 0 zrep unpause tank/a tank/b
expect_status 3 on host2 zrep sync tank/a
says 'tank/a on host2 is a replica; its master is tank/a on host1' 'zrep sync tank/a'
fill host1 tank/a big 12
begin 5 zrep sync tank/a
expect_status 4 zrep sync tank/a
go_on
ended 0
expect_status 5 on host1 env SSH=false zrep sync tank/a
