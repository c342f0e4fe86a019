#!/bin/bash
# A pair that the other program made, with that on one host and the present one on the other, both ways round. Only what
# the hosts hold is looked at: words may change from version to version.
. "$(dirname "$0")/lib.sh"

# rejoins HOST: the loser, host1, comes back when HOST is asked (so that in both it is the old program); host1 leads again in the end.
rejoins() {
	lab cut
	expect_status 0 on host2 zrep -y takeover -L tank/a
	echo "words that were not sent" | put host1 tank/a file
	echo "words of the new master" | put host2 tank/a file
	lab join
	expect_status 0 on "$1" zrep rejoin tank/a
	is "$(get host1 "$(kept host1)" file)" 'words that were not sent'
	is "$(get host1 tank/a file)" 'words of the new master'
	on host1 zfs destroy -r "$(kept host1)"
	leads host2
	expect_status 0 on host1 zrep takeover tank/a
	led_by host1
}

# Nothing is odd but properties that the older program does not know.
finds_nothing() {
	local got=0 more
	said=$(on host2 zrep doctor tank/a 2>&1) || got=$?
	[[ $got -ne 0 ]] || return 0
	more=$(grep -vE "has the property zrep:[a-z-]+, which is none of this zrep's\$|^ +-> if nobody needs it: (on [a-z0-9]+, )?zfs inherit" <<<"$said") || true
	[[ $got -eq 1 && -z $more ]] || fail "doctor: $got, $more"
}

story() {
	leads host1
	fill host1 tank/a big 6
	expect_status 0 zrep sync tank/a
	same big host1 tank/a host2 tank/a
	expect_status 0 on host2 zrep refresh tank/a
	expect_status 0 zrep check tank/a
	expect_status 0 on host2 zrep check tank/a
	finds_nothing
	expect_status 0 zrep failover tank/a
	leads host2
	expect_status 0 on host1 zrep takeover tank/a
	led_by host1
	expect_status 0 on host2 zrep takeover tank/a
	leads host2
	expect_status 0 on host2 zrep failover tank/a
	led_by host1
	rejoins "$1"
}

use host1 "$OTHER"
use host2 "$OTHER"
pair
use host2 "$PRESENT"
story host1
use host1 "$PRESENT"
use host2 "$OTHER"
story host2
use host2 "$PRESENT"
leads host1
