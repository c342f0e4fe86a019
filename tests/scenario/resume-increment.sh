#!/bin/bash
# always
# An increment that broke off is finished by the next sync, which then sends what is new since.
. "$(dirname "$0")/lib.sh"

pair
fill host1 tank/a big 30
begin 12 zrep sync tank/a
lab drop
ended 5
says 'the connection to host2 was lost' '-> '
within 10 [ "$(prop host2 tank/a receive_resume_token)" != - ]
echo "written meanwhile" | put host1 tank/a file
expect_status 0 zrep --json sync tank/a
[[ $(jq '.datasets."tank/a".bytes' <<<"$said") -lt 30000000 ]] || fail 'it began anew'
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001 zrep_000002'
same big host1 tank/a host2 tank/a
synced
