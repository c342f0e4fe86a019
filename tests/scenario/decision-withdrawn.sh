#!/bin/bash
# needs: userspace
# Right before the new master decides, somebody takes a snapshot of it: that was not what the plan rests on. Nothing is
# decided, and the old master goes on.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
# Each change that host2 makes by a channel program while host1 is read-only; one of them is the decision, the others come
# before the last look, which then sees it.
found=
for n in 1 2 3 4 5; do
	lab ctl host2 arm -m -c CHANNEL_PROGRAM "$n" before wait
	zrep failover tank/a >"$WORK/log" 2>&1 &
	running=$!
	for ((i = 0; i < 200; i++)); do
		[[ $(lab ctl host2 armed) != fired* && -e /proc/$running ]] || break
		sleep 0.05
	done
	[[ $(lab ctl host2 armed) == fired* ]] || fail "there are no $n programs"
	readonly=$(prop host1 tank/a readonly)
	[[ $readonly == off ]] || spoil host2 tank/a foreign
	got=0
	lab ctl host2 disarm >/dev/null
	wait $running || got=$?
	cat "$WORK/log"
	if [[ $readonly == off ]]; then
		zrep takeover tank/a >/dev/null
		continue
	fi
	is "$got" 3
	is "$(prop host1 tank/a zrep:master)" yes
	! grep -q 'its newest snapshot is another one\|something was written to it' "$WORK/log" || { found=1; break; }
	unspoil host2 tank/a foreign
done
[[ $found ]] || fail 'the decision does not look at what it decides about'
is "$(prop host2 tank/a zrep:master)" -
is "$(prop host1 tank/a zrep:switch)" -
is "$(prop host1 tank/a readonly)" off
echo "third words" | put host1 tank/a file

# With that out of the way it goes on.
unspoil host2 tank/a foreign
expect_status 0 zrep failover tank/a
is "$(prop host2 tank/a zrep:master)" yes
