#!/bin/bash
# --quiet says only what went wrong; -q SECONDS keeps silent about a busy dataset that is recent enough.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
fill host1 tank/a file 1
expect_status 0 zrep --quiet init tank/a host2 tank/a
is "$said" ''
fill host1 tank/a file 12
begin 5 zrep sync tank/a
expect_status 4 zrep --quiet sync tank/a
says 'tank/a on host1 is busy'
expect_status 0 zrep sync -q 600 tank/a
is "$said" ''
sleep 1
expect_status 4 zrep sync -q 0 tank/a
go_on
ended 0
for args in 'sync tank/a' 'sync all' 'expire all' 'clear -f tank/a'; do
	# shellcheck disable=SC2086
	expect_status 0 zrep --quiet $args
	is "$said" ''
done
