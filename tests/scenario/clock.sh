#!/bin/bash
# The clock went backwards: marks lie in the future, and nothing is decided by them.
. "$(dirname "$0")/lib.sh"

pair
future=$(($(date +%s) + 86400))
for host in host1 host2; do on $host zfs set zrep:sent=$future tank/a@zrep_000000; done
expect_status 0 zrep status
says ' 0s ' ' ok'
is "$(on host1 zrep --json status | jq '.datasets."tank/a".lag')" 0
expect_status 0 zrep sync -q 60 tank/a
echo "second words" | put host1 tank/a file
synced
on host1 zfs set zrep:sent=$future tank/a@zrep_000000
echo "third words" | put host1 tank/a file
synced
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=1 tank/a
expect_status 0 zrep expire
is "$(snaps host1 tank/a)" zrep_000002
is "$(snaps host2 tank/a)" zrep_000002

# A mark that is no time is none.
on host1 zfs set zrep:sent=yesterday tank/a@zrep_000002
expect_status 0 zrep status
synced
