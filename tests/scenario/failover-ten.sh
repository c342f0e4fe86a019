#!/bin/bash
# There and back ten times, with a write each time.
. "$(dirname "$0")/lib.sh"

pair
for ((epoch = 1; epoch <= 20; epoch += 2)); do
	echo "to host2 with $epoch" | put host1 tank/a file
	expect_status 0 zrep failover tank/a
	is "$(get host2 tank/a file)" "to host2 with $epoch"
	echo "back with $epoch" | put host2 tank/a file
	expect_status 0 zrep takeover tank/a
	is "$(get host1 tank/a file)" "back with $epoch"
done
is "$(prop host2 tank/a zrep:epoch)" 20
leads host1
[[ $(snaps host1 tank/a | wc -w) -le 6 ]] || fail 'snapshots pile up'
is "$(kept host1)$(kept host2)" ''
