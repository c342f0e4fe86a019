# shellcheck shell=bash
# What host3 has that is not of the pair; sourced after lib.sh.

# third CMD...: it leaves host3 as it is.
third() {
	state host3 >"$WORK/before3"
	"$@"
	diff "$WORK/before3" <(state host3) || fail "host3 was changed by: $*"
}
