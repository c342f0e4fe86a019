#!/bin/bash
# Both sides are asked at the same moment: one does it, or neither; never both.
. "$(dirname "$0")/lib.sh"

pair
lead=host1
for i in 1 2 3 4; do
	echo "words $i" | put $lead tank/a file
	next=$(other $lead)
	statuses=()
	(trap - ERR; on $lead zrep failover tank/a) >"$WORK/failover" 2>&1 &
	pids=($!)
	(trap - ERR; on "$next" zrep takeover tank/a) >"$WORK/takeover" 2>&1 &
	pids+=($!)
	for pid in "${pids[@]}"; do
		got=0
		wait "$pid" || got=$?
		statuses+=("$got")
	done
	echo "failover ${statuses[0]}, takeover ${statuses[1]}"
	cat "$WORK/failover" "$WORK/takeover"
	for got in "${statuses[@]}"; do
		[[ $got -eq 0 || $got -eq 4 ]] || fail "status $got"
	done
	if [[ ${statuses[*]} == '4 4' ]]; then
		led_by $lead
		expect_status 0 on $lead zrep failover tank/a
	fi
	lead=$next
	is "$(get $lead tank/a file)" "words $i"
	led_by $lead
done
is "$(prop host1 tank/a zrep:epoch)" 4
leads $lead
