#!/bin/bash
# One of several peers hangs: the datasets of the others are synced in their usual time, and let go of, while `sync all`
# still waits for that one.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hang.sh"

beside

# has_arrived: the other side of tank/ok has what was written last.
has_arrived() { cmp -s <(get host1 tank/ok file) <(get host1 tank/okcopy file); }
# arrives: starts a sync of all; how long it takes until it has, in milliseconds, is in $took.
arrives() {
	local t0
	echo "words $RANDOM" | put host1 tank/a file
	echo "words $RANDOM" | put host1 tank/ok file
	t0=$(date +%s%3N)
	start zrep --timeout 300 "$@"
	within 60 has_arrived
	took=$(($(date +%s%3N) - t0))
	echo "it took $took ms"
}

arrives sync all
usual=$took
ended 0
says '2 datasets: 2 sent'

hang host2
arrives sync all
((took < 3 * usual + 3000)) || fail "$took ms where $usual are usual"
# Nobody waits with it for its lock.
within 20 zrep sync tank/ok
[[ -n $(zreps host1) ]] || fail 'it does not wait for host2'
wake host2
ended 0
says '2 datasets: 2 sent'
within 30 idle
synced

# The other way round, when it is fetched: both lanes have their way.
expect_status 0 zrep sync all
says '2 datasets: 0 sent'

# One transfer at a time is one at a time, whatever hangs; and all of them have their turn.
arrives -P 1 sync all
ended 0
says '2 datasets: 2 sent'
