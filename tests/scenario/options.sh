#!/bin/bash
# Options before the verb and behind it, in each way of writing them; what is wrong is named.
. "$(dirname "$0")/lib.sh"

pair
for before in -nv -vn '-n -v' '--dry-run --verbose' '-ntzrep' '-nt zrep' '-n --tag=zrep' '-n --tag zrep' '-n --timeout=5'; do
	# shellcheck disable=SC2086
	unchanged expect_status 0 zrep $before sync tank/a
	says 'tank/a'
done
expect_status 0 zrep -vh
says 'usage: zrep'
expect_status 2 zrep -nt 'A' status
says '"A" is no tag'

wrong() { # TEXT ARG...: it is told, and what to do
	local text=$1
	shift
	expect_status 2 zrep "$@"
	says "$text"
}
for word in -nz --json=5 - -- --- -n- '' --lim sink; do wrong "no verb or option \"$word\"" "$word" sync tank/a; done
wrong 'unknown option or operand "-z"' sync -zf tank/a
wrong 'unknown option or operand "-z"' sync -fz tank/a
wrong 'unknown option or operand "--nope"' sync --nope tank/a
wrong '-q wants a value' sync tank/a -q
wrong '--limit wants a value' sync tank/a --limit
wrong '-nt wants a value' -nt
wrong 'usage: zrep sync ' sync
wrong 'usage: zrep version' version now
wrong 'has no --parallel' -P4 status
