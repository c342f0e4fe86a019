#!/bin/bash
# Where nothing was written, a sync makes no snapshot; what was written a moment ago is sent.
. "$(dirname "$0")/lib.sh"

pair
for i in 1 2 3; do
	expect_status 0 zrep sync tank/a
	says 'unchanged since @zrep_000000'
done
is "$(snaps host1 tank/a)" zrep_000000

# The mark says when both sides last were the same.
before=$(prop host1 tank/a@zrep_000000 zrep:sent)
sleep 1.1
expect_status 0 zrep sync all
[[ $(prop host1 tank/a@zrep_000000 zrep:sent) -gt $before && $(prop host2 tank/a@zrep_000000 zrep:sent) -gt $before ]]

for i in 1 2 3 4 5; do
	echo "words $i" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	is "$(get host2 tank/a file)" "words $i"
done
