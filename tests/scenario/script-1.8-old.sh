#!/bin/bash
# Marks of the zrep script's from when snapshots could have none.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	ds=tank/old-$host
	script_old $host $ds
	expect_status 0 on $host zrep status $ds
	script_checks $host $ds
	echo more | put $host $ds file
	expect_status 0 on $host zrep sync $ds
	same file host1 $ds host2 $ds
	expect_status 0 on "$(other $host)" zrep takeover $ds
	leads "$(other $host)" $ds
done
