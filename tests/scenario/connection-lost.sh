#!/bin/bash
# always
# The connection is lost in the middle of a stream, in several ways. The next run goes on.
. "$(dirname "$0")/lib.sh"

pair
kill_ssh() { on host1 sh -c 'pkill -KILL -P "$(cat ~/scenario/pid)"'; }
kill_agent() { on host2 kill -KILL "$(zreps host2)"; }
for loss in 'lab drop' kill_ssh kill_agent; do
	fill host1 tank/a big 16
	begin 8 zrep sync tank/a
	$loss
	ended 5
	says 'tank/a' 'the connection to host2 was lost' 'run the same command again'
	within 20 idle
	expect_status 0 zrep sync tank/a
	same big host1 tank/a host2 tank/a
done
synced
