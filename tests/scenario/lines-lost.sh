#!/bin/bash
# needs: userspace
# A stream goes over several connections, and one of them breaks, or its agent dies, or all of them; or it is interrupted, or
# the network falls silent. The run ends soon, nothing is left of it, and the next one goes on where it stopped.
. "$(dirname "$0")/lib-far.sh"

far 100
counted_ssh
pair

# Those on a host that have given their connection away; and the one that they have given it to.
stubs() {
	local p
	for p in $(zreps "$1"); do
		[[ $(readlink "/proc/$p/fd/0") != /dev/null ]] || echo "$p"
	done
}
agent() {
	local p
	for p in $(zreps host2); do
		[[ $(readlink "/proc/$p/fd/0") == /dev/null ]] || echo "$p"
	done
}
several() { [[ $(stubs "$1" | wc -l) -ge 2 ]]; }
# The first of those for data: a later one may not carry anything yet, and then nobody misses it.
kill_connection() {
	sleep 1
	kill -KILL "$(sed -n 2p "$WORK/sshs")"
}
kill_stub() { kill -KILL "$(stubs host2 | sed -n '1p')"; }
kill_agent() { kill -KILL "$(agent | sed -n '1p')"; }
interrupt() { signal INT; }

for way in kill_connection kill_stub kill_agent interrupt 'lab drop' 'lab cut'; do
	for pull in '' yes; do
		echo "-- $way${pull:+, fetched by the other host}"
		[[ -z $pull || $way == 'lab drop' || $way == kill_connection ]] || continue
		fill host1 tank/a big 96
		: >"$WORK/sshs"
		if [[ -z $pull ]]; then
			start env SSH="$WORK/ssh" zrep --limit 8M --timeout 6 sync tank/a
			within 30 several host2
		else
			{
				trap - ERR
				on host2 env SSH="$WORK/ssh" zrep --limit 8M --timeout 6 refresh tank/a
			} >"$WORK/begun" 2>&1 &
			begun=$!
			within 30 several host1
		fi
		t0=$SECONDS
		$way
		case $way in
		interrupt) ended 1 ;;
		*)
			ended 5
			says 'tank/a' 'the connection to host' 'was lost' 'run the same command again'
			;;
		esac
		[[ $way != 'lab cut' ]] || lab join
		[[ $((SECONDS - t0)) -le $(slowly 20) ]] || fail "over after $((SECONDS - t0)) s"
		within 30 nobody_left
		# What a killed agent leaves, another one takes away, but not at once.
		if [[ $way == kill_agent ]]; then
			[[ -n $(sockets) ]] || fail 'no socket'
			touch -d '-5 minutes' "$(sockets)"
		else
			is "$(sockets)" ''
		fi
		expect_status 0 on host1 env SSH="$WORK/ssh" zrep sync tank/a
		same big host1 tank/a host2 tank/a
		within 10 nothing_left
	done
done
synced
