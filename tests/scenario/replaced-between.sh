#!/bin/bash
# needs: userspace
# Between the look and the act something else gets the name of what was looked at: it is left alone, and told.
. "$(dirname "$0")/lib.sh"

pair
# step CALL CMD...: runs CMD on host1 until right before what was armed, which is a CALL, and waits there.
step() {
	local call=$1 n
	shift
	"$@" >"$WORK/log" 2>&1 &
	running=$!
	for ((n = 0; n < 300; n++)); do
		[[ $(lab ctl "$at" armed) != fired* ]] || break
		sleep 0.05
	done
	[[ $(lab ctl "$at" armed) == "fired before $call "* ]] || fail "$(lab ctl "$at" armed), and not before $call"
}
over() { # STATUS: lets it go on, and it ends so
	local got=0
	lab ctl "$at" disarm >/dev/null
	wait $running || got=$?
	said=$(<"$WORK/log")
	echo "$said"
	[[ $got -eq $1 ]] || fail "status $got, not $1"
}
anew() { # DATASET SNAP
	on "$at" zfs destroy "$1@$2"
	on "$at" zfs snapshot "$1@$2"
}

# destroy: a snapshot that has served its time.
at=host1
for ((i = 0; i < 3; i++)); do
	echo "words $i" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
done
on host1 zfs set zrep:savecount=2 tank/a
on host2 zfs set zrep:savecount=9 tank/a
lab ctl host1 arm -m 1 before wait
step CHANNEL_PROGRAM zrep expire tank/a
anew tank/a zrep_000000
new=$(guid host1 tank/a@zrep_000000)
over 3
says 'cannot destroy tank/a@zrep_000000 on host1: something else has that name now' '-> '
is "$(guid host1 tank/a@zrep_000000)" "$new"
hasnt host1 tank/a@zrep_000001
expect_status 0 zrep expire tank/a

# hold: what has been sent is held, and then compared once more.
at=host1
echo "more words" | put host1 tank/a file
lab ctl host1 arm -c HOLD 1 before wait
step HOLD zrep sync tank/a
last=$(snaps host1 tank/a | tr ' ' '\n' | tail -n 1)
anew tank/a "$last"
over 3
says "cannot hold tank/a@$last on host1: something else has that name now"
is "$(prop host1 "tank/a@$last" zrep:sent)" -
for host in host1 host2; do
	on $host zfs release zrep "tank/a@$last" || true
	on $host zfs destroy "tank/a@$last"
done
expect_status 0 zrep -y sync -f tank/a

# roll back: the destination goes to the base, and to nothing else of that name.
at=host2
on host2 zfs set readonly=off tank/a
echo "not from host1" | put host2 tank/a other
lab ctl host2 arm -c CHANNEL_PROGRAM 2 before wait
step CHANNEL_PROGRAM zrep -y sync -f tank/a
base=$(snaps host2 tank/a | tr ' ' '\n' | tail -n 1)
on host2 zfs release zrep "tank/a@$base"
anew tank/a "$base"
over 3
says 'something else has that name now'
is "$(get host2 tank/a other)" "not from host1"
