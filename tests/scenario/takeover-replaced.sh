#!/bin/bash
# The former master is gone for good, and a new machine in its place has nothing: the pair begins anew.
. "$(dirname "$0")/lib.sh"

pair
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "words of host2" | put host2 tank/a file
lab start host1
on host1 sh -c 'zfs release zrep tank/a@zrep_000000 && zfs destroy -r tank/a'
refuses 3 on host2 zrep sync tank/a
says 'the destination tank/a on host1 does not exist' 'zrep clear tank/a' 'zrep init'
for verb in failover rejoin; do
	refuses 3 on host2 zrep $verb tank/a
	says 'tank/a on host1 does not exist'
done
expect_status 0 on host2 zrep clear -f tank/a
expect_status 0 on host2 zrep init tank/a host1 tank/a
is "$(get host1 tank/a file)" 'words of host2'
leads host2
expect_status 0 zrep takeover tank/a
leads host1
