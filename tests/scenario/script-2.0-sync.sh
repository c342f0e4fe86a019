#!/bin/bash
# always
# A pair of the zrep script's, version 2.0, is carried on where it is, whichever host leads.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	script_pair 2.0 $host tank/$host tank/copy-$host
	script_sync $host tank/$host
	script_stays $host tank/$host tank/copy-$host
	# Just initialised: the replica's only snapshot has no mark.
	script_pair 2.0 $host tank/new-$host
	echo more | put $host tank/new-$host file
	expect_status 0 on $host zrep sync all
	same file host1 tank/new-$host host2 tank/new-$host
done
