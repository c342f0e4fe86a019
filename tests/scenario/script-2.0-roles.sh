#!/bin/bash
# The role of a pair of the zrep script's, version 2.0, moves as any other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	script_pair 2.0 $host tank/$host
	script_sync $host tank/$host
	script_moves $host tank/$host
done
