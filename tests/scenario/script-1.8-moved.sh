#!/bin/bash
# The same after the script, version 1.8, has moved it itself.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	script_pair 1.8 $host tank/moved-$host
	script_failover $host tank/moved-$host
	script_moves "$(other $host)" tank/moved-$host
	# There and back.
	script_pair 1.8 $host tank/twice-$host
	script_failover $host tank/twice-$host
	script_failover "$(other $host)" tank/twice-$host
	script_moves $host tank/twice-$host
	expect_status 0 on "$(other $host)" zrep takeover tank/twice-$host
	leads "$(other $host)" tank/twice-$host
done
