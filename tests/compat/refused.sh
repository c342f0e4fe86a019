#!/bin/bash
# No protocol is common: whoever asks refuses, and what is asked for is not begun.
. "$(dirname "$0")/lib.sh"

use host1 "$PRESENT"
use host2 "$PRESENT"
pair
echo "second words" | put host1 tank/a file

# The present one asks. (OLDER is the host that is told to upgrade when it is host2 that has the other one.)
use host2 "$OTHER"
for verb in sync failover check; do
	status=3
	[[ $verb != check ]] || status=2
	unchanged expect_status $status zrep "$verb" tank/a
	says 'host2 runs zrep' 'protocol'
	[[ $verb == check ]] || says "upgrade zrep on $OLDER"
done

# The other one asks, in words of its own.
for verb in takeover refresh; do
	refuses 3 on host2 zrep "$verb" tank/a
	says 'host1 runs zrep' 'protocol'
done

use host2 "$PRESENT"
synced
leads host1
