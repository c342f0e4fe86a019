#!/bin/bash
# The example of zrep-protocol(5), by the byte: what it says to an agent gets the answer that it says.
# needs: userspace
. "$(dirname "$0")/lib.sh"

page=$(dirname "$0")/../../man/zrep-protocol.5
# hex N: the digits of the Nth block of bytes.
hex() {
	awk -v want="$1" '
		/^\.Sh EXAMPLES/ { in_examples = 1 }
		/^\.Bd -literal/ && in_examples { n++; next }
		/^\.Ed/ { if (n == want) exit }
		n == want' "$page" | tr -d ' \n'
}
bytes() { hex "$1" | sed 's/../\\x&/g'; }

pair tank/home
hello=$(hex 1)
[[ $hello =~ ^895a5245500d0a1a[0-9a-f]+$ ]] || fail "the page has no example"

# The agent's preamble, its HELLO (the version is not always the same), and then exactly what the page says.
mkfifo "$WORK/asks"
on host1 zrep agent <"$WORK/asks" >"$WORK/says" &
agent=$!
exec 9>"$WORK/asks"
printf '%b' "$(bytes 1)" >&9
answered() {
	said=$(od -An -v -tx1 "$WORK/says" | tr -d ' \n')
	[[ ${#said} -ge 40 && ${#said} -ge $((40 + 2 * 0x${said:16:8} + ${#reply})) ]]
}
reply=$(hex 2)
within 20 answered
is "${said:0:16}" "${hello:0:16}"
is "${said:24:16}" "${hello:24:16}"
is "${said:$((40 + 2 * 0x${said:16:8}))}" "$reply"

# It was a lock that was asked for. The end of the connection drops it.
expect_status 4 zrep sync tank/home
exec 9>&-
wait "$agent"
synced tank/home
