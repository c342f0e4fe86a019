#!/bin/bash
# status -w: what was named and is not there is an error, as without -w; ^C leaves a terminal as it should be, and one that
# cannot clear its screen gets no codes for that.
. "$(dirname "$0")/lib.sh"

# watching TERM ARGS: in a terminal of that kind, until there was one look at least; then ^C.
watching() {
	local term=$1
	shift
	# shellcheck disable=SC2016
	on host1 env "TERM=$term" SHELL=/bin/sh script -qec "exec timeout --foreground -s INT 3 zrep status -w $*" /dev/null
}

pair
expect_status 1 watching xterm tank/nope
says 'tank/nope on host1 does not exist'
expect_status 3 watching xterm nopool/x
says 'pool nopool is not imported'
expect_status 1 watching xterm tank/a tank
says 'tank on host1 is not replicated by zrep'
expect_status 2 zrep status -w
says 'wants a terminal'
expect_status 2 zrep status --every 1s
says '--every goes with -w'
expect_status 2 zrep status -m --every 1s

expect_status 124 watching xterm tank/a
says $'\e[H\e[J' 'host2:tank/a' '^C ends it'
[[ $(watching xterm --every 1s tank/a | tail -c 4 | od -An -c | tr -d ' ') == *'\r\n\r\n' ]] || fail 'the prompt is to come on a line of its own'
for term in dumb ''; do
	expect_status 124 watching "$term" tank/a
	says 'host2:tank/a'
	says_not $'\e'
done
