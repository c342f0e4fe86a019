#!/bin/bash
# zrep:rpo says how old a replica may be, for one dataset or all that is below.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/all
on host2 zfs create tank/all
pair tank/all/a
expect_status 0 zrep check tank/all/a
on host1 zfs set zrep:rpo=2s tank/all
sleep 3
expect_status 2 zrep check tank/all/a
says 'which is longer than 2s' 'see that `zrep sync` runs on the master'
expect_status 2 zrep status -m
says 'which is longer than 2s'
expect_status 0 zrep check --max-lag 1h tank/all/a
expect_status 0 zrep status -m --max-lag 1h
# The replica's side asks its master, who says it.
expect_status 2 on host2 zrep check tank/all/a
says 'which is longer than 2s'
# By itself it has no wish of its own, until it is told.
expect_status 0 on host2 zrep status -m
on host2 zfs set zrep:rpo=1s tank
expect_status 2 on host2 zrep status -m
says 'which is longer than 1s'

is "$(zrep status --json tank/all/a | jq -c '.datasets."tank/all/a" | [.rpo, .rpo_bad]')" '["2s",false]'
expect_status 0 zrep status -v tank/all/a
says 'rpo          2s'

# The nearest counts; a sync makes it young again.
on host1 zfs set zrep:rpo=1h tank/all/a
expect_status 0 zrep check tank/all/a
expect_status 0 zrep sync tank/all/a
expect_status 0 zrep list -v tank/all/a

# What cannot be read is told.
for bad in soon 0 5x; do
	on host1 zfs set zrep:rpo=$bad tank/all/a
	expect_status 1 zrep check tank/all/a
	says "rpo \"$bad\" cannot be read" 'zfs set zrep:rpo=15m tank/all/a'
	expect_status 1 zrep status -m
	says "rpo \"$bad\" cannot be read"
done
expect_status 1 zrep doctor tank/all/a
says 'rpo "5x" cannot be read'
