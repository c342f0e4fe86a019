#!/bin/bash
# Interrupted in the middle of a stream: zrep says so, leaves no lock and no process, and goes on next time.
. "$(dirname "$0")/lib.sh"

pair
for sig in INT TERM HUP; do
	fill host1 tank/a big 16
	begin 8 zrep sync tank/a
	signal $sig
	[[ $sig == INT ]] || go_on # or else the stream stands still
	ended 1
	says 'interrupted' 'run the same command again'
	within 10 idle
	expect_status 0 zrep --json sync tank/a
	[[ $(jq '.datasets."tank/a".bytes' <<<"$said") -lt 16000000 ]] || fail 'it began anew'
	same big host1 tank/a host2 tank/a
done
synced
