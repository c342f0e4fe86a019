#!/bin/bash
# always
# Either host loses power in the middle of a sync, and comes back.
. "$(dirname "$0")/lib.sh"

pair
fill host1 tank/a big 16
begin 8 zrep sync tank/a
lab kill host2
ended 5
says 'tank/a' 'the connection to host2 was lost' '-> '
expect_status 5 zrep sync tank/a
lab start host2
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a

fill host1 tank/a big 16
begin 8 zrep sync tank/a
lab kill host1
wait "$begun" || true
lab start host1
within 20 idle
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a
synced
