#!/bin/bash
# A host of a pair of the zrep script's, version 2.0, is lost before this zrep ever synced it: the replica takes over, and
# what only the lost one had is kept.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	script_pair 2.0 $host tank/lost-$host
	script_sync $host tank/lost-$host
	echo late | put $host tank/lost-$host file
	expect_status 0 on "$(other $host)" zrep -y takeover -L tank/lost-$host
	expect_status 0 on $host zrep rejoin tank/lost-$host
	leads "$(other $host)" tank/lost-$host
	is "$(get $host "$(kept $host tank/lost-$host)" file)" late
done
