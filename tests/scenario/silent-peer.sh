#!/bin/bash
# The network falls silent and nobody says so: zrep gives up by itself, on both sides.
. "$(dirname "$0")/lib.sh"

pair
fill host1 tank/a big 16
begin 8 zrep --timeout 3 sync tank/a
lab cut
go_on
ended 5
says 'tank/a' 'the connection to host2 was lost' 'silent' '-> '
lab join
within 20 idle
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a

# Silent from the start: ssh says so.
echo more | put host1 tank/a file
lab cut
expect_status 5 on host1 env SSH='ssh -o ConnectTimeout=2' zrep --timeout 3 sync tank/a
says 'tank/a' host2 '-> '
lab join
synced
