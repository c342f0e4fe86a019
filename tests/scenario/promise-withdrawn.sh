#!/bin/bash
# needs: userspace
# While a master makes way, somebody whose locks are others undoes that, and it is written to: wherever between the mark
# and the decision that comes, the other side does not become the master, and what was acknowledged is not lost.
. "$(dirname "$0")/lib.sh"

pair
mkdir -p "$WORK/bin"
real=$(on host2 sh -c 'command -v zfs')
# Only the agent sees this `zfs`: it counts its calls since the master made way, and waits before one of them.
cat >"$WORK/bin/zfs" <<END
#!/bin/bash
[[ -e $WORK/left ]] || exec $real "\$@"
n=\$((\$(cat $WORK/n) + 1))
echo \$n >$WORK/n
if [[ \$n == \$(cat $WORK/at) ]]; then
	: >$WORK/waits
	until [[ -e $WORK/go ]]; do sleep 0.05; done
fi
exec $real "\$@"
END
chmod +x "$WORK/bin/zfs"
path=$(on host2 sh -c 'echo "$PATH"')

for host in host1 host2; do hook $host pre-demote <<<": >$WORK/left"; done

# other_user CMD...: somebody else's zrep, whose locks are in other directories
other_user() { on "$master" env ZREP_RUNDIR="$WORK/run" ZREP_PATH="env ZREP_RUNDIR=$WORK/run-there zrep" zrep "$@"; }

# changes AT VERB: the role is to move from $master; the agent waits before its call number AT since then. $begun runs.
changes() {
	rm -f "$WORK/waits" "$WORK/go" "$WORK/left"
	echo 0 >"$WORK/n"
	echo "$1" >"$WORK/at"
	{
		trap - ERR
		on host1 env ZREP_PATH="env PATH=$WORK/bin:$path zrep" zrep "$2" tank/a
	} >"$WORK/begun" 2>&1 &
	begun=$!
}
waits_or_ended() { [[ -e $WORK/waits ]] || ! kill -0 "$begun" 2>/dev/null; }

# withdrawn VERB: at every call of the agent until the decision.
withdrawn() {
	local at got undone=0 epoch
	epoch=$(prop "$(other "$master")" tank/a zrep:epoch)
	for ((at = 1; ; at++)); do
		changes "$at" "$1"
		within 30 waits_or_ended
		[[ -e $WORK/waits && $(prop "$master" tank/a zrep:switch) == leaving* &&
			$(prop "$(other "$master")" tank/a zrep:master) == - ]] || break
		expect_status 0 other_user doctor --fix tank/a
		says "tank/a on $master stays the master, and is writable again"
		echo "acknowledged at call $at" | put "$master" tank/a file
		undone=$((undone + 1))
		: >"$WORK/go"
		got=0
		wait "$begun" || got=$?
		printf '(%s, at call %d)\n%s\n[%d]\n' "$1" "$at" "$(cat "$WORK/begun")" "$got"
		[[ $got -ne 0 ]] || fail 'it says that it moved'
		led_by "$master"
		is "$(get "$master" tank/a file)" "acknowledged at call $at"
		is "$(prop "$(other "$master")" tank/a zrep:epoch)" "$epoch"
	done
	: >"$WORK/go"
	wait "$begun" || fail "$(cat "$WORK/begun")"
	[[ $undone -ge 2 ]] || fail "it was undone only $undone times"
}

master=host1
withdrawn failover
leads host2
master=host2
withdrawn takeover
leads host1
