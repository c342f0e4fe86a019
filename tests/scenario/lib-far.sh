# shellcheck shell=bash
# Hosts that are far away from each other, as far as ssh goes. (userspace)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# far MS: each way, in front of both hosts.
far() {
	local host dir
	for host in host1 host2; do
		dir=$LAB_DIR/$host
		kill "$(<"$dir/relay.pid")"
		rm "$dir/relay.port"
		setsid "$LAB_DIR/uzfs/relay" "$(<"$dir/sshd.port")" "$1" </dev/null >"$dir/relay.port" 2>&1 &
		echo $! >"$dir/relay.pid"
		within 5 test -s "$dir/relay.port"
		sed -i "s/Port .*/Port $(<"$dir/relay.port")/" "$dir/ssh_host"
	done
}

# An ssh for host1 and host2 that keeps a record: a line with its process for each connection.
counted_ssh() {
	printf '#!/bin/sh\necho $$ >>"%s"\necho $$ >>"%s"\nexec ssh "$@"\n' "$WORK/sshs" "$WORK/all" >"$WORK/ssh"
	chmod +x "$WORK/ssh"
	: >"$WORK/sshs"
	: >"$WORK/all"
}
# connections: how many were made since it was last asked.
connections() {
	wc -l <"$WORK/sshs"
	: >"$WORK/sshs"
}

# Sockets of agents that connections for data join.
sockets() { compgen -G "$LAB_DIR/host[12]/run/lines.*" || true; }

# Nothing of zrep's is left on either host: no process, no ssh, and, but for an agent that was killed, no socket.
nobody_left() {
	local p
	idle || return 1
	while read -r p; do
		# The number may be another process's by now.
		! grep -qszF "UZFS_SOCK=$LAB_DIR/" "/proc/$p/environ" || return 1
	done <"$WORK/all"
}
nothing_left() { nobody_left && [[ -z $(sockets) ]]; }
