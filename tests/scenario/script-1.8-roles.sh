#!/bin/bash
# The role of a pair of the zrep script's, version 1.8, moves as any other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	script_pair 1.8 $host tank/$host
	script_sync $host tank/$host
	script_moves $host tank/$host
done
