#!/bin/bash
# Both hosts' cron jobs sync and ask for the status all the time, while the role goes there and back.
. "$(dirname "$0")/lib.sh"

cron() {
	local got
	trap - ERR
	until [[ -e $WORK/stop ]]; do
		for verb in 'sync all' 'status -a'; do
			got=0
			# shellcheck disable=SC2086
			on "$1" zrep $verb >"$WORK/cron-$1.out" 2>&1 || got=$?
			[[ $got -eq 0 || $got -eq 4 ]] || { cat "$WORK/cron-$1.out" && echo "$1: $verb: $got"; } >>"$WORK/trouble"
		done
	done
}
pair
pair tank/b
cron host1 &
jobs=$!
cron host2 &
jobs+=" $!"
lead=host1
for i in 1 2 3 4 5 6; do
	echo "words $i" | put $lead tank/a file
	moved=
	for ((try = 1; try <= 30 && !moved; try++)); do
		got=0
		said=$(on $lead zrep failover tank/a 2>&1) || got=$?
		printf '%s\n[%d]\n' "$said" $got
		[[ $got -eq 0 || $got -eq 4 ]] || fail "status $got"
		moved=$((got == 0))
	done
	[[ $moved -eq 1 ]] || fail 'busy all the time'
	lead=$(other $lead)
	is "$(get $lead tank/a file)" "words $i"
done
: >"$WORK/stop"
# shellcheck disable=SC2086
wait $jobs
if [[ -e $WORK/trouble ]]; then
	cat "$WORK/trouble"
	fail 'a cron job had something to say'
fi
leads $lead
leads host1 tank/b
