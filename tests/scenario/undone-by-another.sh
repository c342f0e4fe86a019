#!/bin/bash
# needs: userspace
# While a master makes way, in its hook, somebody whose locks are others undoes that, or does more: nothing is decided on what
# stands no more, and what was acknowledged is not lost. And no undoing leaves a master read-only without a word.
. "$(dirname "$0")/lib.sh"

pair
hook host1 pre-demote <<<"[ -e $WORK/free ] && exit 0; : >$WORK/in; until [ -e $WORK/go ]; do sleep 0.1; done"
another() { on "$1" env ZREP_RUNDIR="$WORK/run" ZREP_PATH="env ZREP_RUNDIR=$WORK/run-there zrep" ZREP_HOOKS=/nonexistent zrep -y "${@:2}"; }

# changes VERB...: it waits in its hook, and `goes N` lets it go on: it ends with N, and what it printed is in $said.
changes() {
	rm -f "$WORK/in" "$WORK/go"
	{
		trap - ERR
		zrep -y "$@"
	} >"$WORK/began" 2>&1 &
	began=$!
	within 30 test -e "$WORK/in"
}
goes() {
	local got=0
	: >"$WORK/go"
	wait "$began" || got=$?
	said=$(cat "$WORK/began")
	printf '%s\n[%d]\n' "$said" "$got"
	is "$got" "$1"
}

# failover -L, undone, and written to.
changes failover -L --discard tank/a
expect_status 0 another host1 doctor --fix tank/a
says 'tank/a on host1 stays the master, and is writable again'
echo "acknowledged after it was undone" | put host1 tank/a file
goes 3
says 'nothing was decided' 'somebody else has cancelled that'
led_by host1
is "$(get host1 tank/a file)" "acknowledged after it was undone"
: >"$WORK/free"
leads host1

# Undone, and the role went there and came back: the master of the new epoch is nobody's to demote.
rm "$WORK/free"
changes failover -L --discard tank/a
expect_status 0 another host1 doctor --fix tank/a
expect_status 0 another host1 failover tank/a
expect_status 0 another host1 takeover tank/a
echo 'acknowledged by the next master' | put host1 tank/a file
epoch=$(prop host1 tank/a zrep:epoch)
goes 3
says 'nothing was decided'
is "$(get host1 tank/a file) $(prop host1 tank/a zrep:epoch)" "acknowledged by the next master $epoch"
led_by host1
is "$(prop host1 tank/a zrep:readonly)" -

# Written to after it was said what goes: that is asked again, and nothing goes.
expect_status 0 zrep sync tank/a
changes failover -L --discard tank/a
echo 'in the hook' | put host1 tank/a file
goes 3
says 'was written to after zrep said what would be destroyed'
led_by host1
is "$(get host1 tank/a file)" 'in the hook'

# A planned failover, and somebody gives the role up meanwhile, without what is newer: not another success.
changes failover tank/a
: >"$WORK/free"
expect_status 0 another host1 doctor --fix tank/a
expect_status 0 another host1 failover -L tank/a
goes 3
says 'nothing was decided'
is "$(prop host1 tank/a zrep:master) $(prop host2 tank/a zrep:master)" '- -'
expect_status 0 zrep takeover tank/a
leads host1
rm "$WORK/free"

# Another tag makes a replica of it while it makes way: it is not made writable, and its change stays open until it can be.
one() { on host1 zfs set two:src-host=host3 two:src-fs=tank/q two:dest-host=host1 two:dest-fs=tank/a tank/a; }
gone() { for p in src-host src-fs dest-host dest-fs; do on host1 zfs inherit "two:$p" tank/a; done; }
for verb in 'failover -L' failover; do
	# shellcheck disable=SC2086
	changes $verb tank/a
	one
	goes 3
	says 'under tag two it is the replica of tank/q on host3'
	says_not 'is writable again'
	is "$(prop host1 tank/a readonly)" on
	[[ $(prop host1 tank/a zrep:switch) == leaving* ]] || fail 'nothing tells that it is in a change'
	expect_status 2 zrep check tank/a
	gone
	expect_status 0 zrep doctor --fix tank/a
	says 'tank/a on host1 stays the master, and is writable again'
	led_by host1
done

# The same where the change was undone before: what somebody else took back is not made writable either, and that is said.
changes failover -L tank/a
expect_status 0 another host1 doctor --fix tank/a
one
goes 3
says 'tank/a on host1 stays the master, and read-only' 'under tag two it is the replica of tank/q on host3'
says_not 'is writable again'
is "$(prop host1 tank/a readonly)" on
gone
on host1 zfs inherit readonly tank/a
led_by host1

# Half a pair under another tag is not begun in the middle of a change.
changes failover tank/a
expect_status 3 another host1 -t two changeconfig -f tank/a host3 tank/a
says 'under tag zrep it is in the middle of a role change'
goes 0
led_by host2
: >"$WORK/free"
expect_status 0 zrep takeover tank/a
leads host1

# A master that is read-only, for whatever reason, is told.
on host1 zfs set readonly=on tank/a
expect_status 1 zrep check tank/a
says 'the master tank/a on host1 cannot be written to: readonly=on is set on it'
expect_status 1 zrep doctor tank/a
says 'zfs inherit readonly tank/a'
on host1 zfs inherit readonly tank/a
expect_status 0 zrep check tank/a
