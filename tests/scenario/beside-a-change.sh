#!/bin/bash
# needs: userspace
# Root's role change waits, in each of its hooks. Whatever others do meanwhile, another user or root with locks elsewhere, on
# either side and under either tag, nothing of it is undone: they are refused, or only told.
. "$(dirname "$0")/lib.sh"

there="env UZFS_UID=1000 ZREP_RUNDIR=$WORK/run-there zrep"
needs=create,destroy,hold,mount,receive,release,rollback,send,snapshot,userprop,readonly
on host1 zfs allow -u 1000 $needs tank
on host2 zfs allow -u 1000 $needs tank
pair
expect_status 0 zrep -t two init tank/a host2 tank/b
rm -f "$WORK/free"
waits() { echo "[ -e $WORK/free ] && exit 0; : >$WORK/in; until [ -e $WORK/go ]; do sleep 0.1; done"; }
same_locks() { on "$1" zrep "${@:2}"; }
root_elsewhere() { on "$1" env ZREP_RUNDIR="$WORK/root" ZREP_PATH="env ZREP_RUNDIR=$WORK/root-there zrep" ZREP_HOOKS=/nonexistent zrep "${@:2}"; }
a_user() { on "$1" env "${user[@]}" ZREP_PATH="$there" ZREP_HOOKS=/nonexistent zrep "${@:2}"; }
stored() { roles host1; roles host2; prop host1 tank/a zrep:epoch; prop host2 tank/a zrep:epoch; }
# tries STATUS WHO HOST VERB...
tries() {
	local before
	before=$(stored)
	expect_status "$@"
	is "$(stored)" "$before"
}

for at in 'host1 pre-demote' 'host2 pre-promote'; do
	# shellcheck disable=SC2086
	hook $at < <(waits)
	rm -f "$WORK/in" "$WORK/go"
	{
		trap - ERR
		on host1 env ZREP_HOOK_TIMEOUT=9999 ZREP_PATH='env ZREP_HOOK_TIMEOUT=9999 zrep' zrep failover tank/a
	} >"$WORK/began" 2>&1 &
	began=$!
	within 60 test -e "$WORK/in"
	for verb in sync failover 'doctor --fix' expire; do
		# shellcheck disable=SC2086
		tries 4 same_locks host1 $verb tank/a
	done
	for verb in takeover refresh rejoin; do tries 4 same_locks host2 $verb tank/a; done
	tries 4 same_locks host1 -t two failover tank/a
	if [[ $at == *demote ]]; then # it says already that it makes way
		for who in root_elsewhere a_user; do
			tries 4 $who host1 sync tank/a
			says 'in the middle of a role change' 'is still working on it' 'zrep doctor --fix tank/a'
			tries 4 $who host1 sync all
			tries 4 $who host1 failover tank/a
			tries 4 $who host2 takeover tank/a
			tries 4 $who host2 refresh tank/a
			tries 0 $who host1 status tank/a
			tries 0 $who host2 status tank/a
			tries 2 $who host1 check tank/a
			tries 1 $who host1 doctor tank/a
			tries 3 $who host1 -t two failover tank/a
			says 'under tag zrep it is in the middle of a role change'
		done
	fi
	: >"$WORK/go"
	got=0
	wait "$began" || got=$?
	cat "$WORK/began"
	is "$got" 0
	unhook host1
	unhook host2
	is "$(prop host1 tank/a zrep:by) $(prop host2 tank/a zrep:by)" '- -'
	expect_status 0 zrep takeover tank/a
done

# It died: nobody lives who is at it, and whoever comes next undoes it.
hook host1 pre-demote < <(waits)
rm -f "$WORK/in" "$WORK/go"
start env ZREP_HOOK_TIMEOUT=9999 zrep failover tank/a
within 60 test -e "$WORK/in"
signal KILL
: >"$WORK/go"
wait "$begun" || true
within 60 idle
: >"$WORK/free"
[[ $(prop host1 tank/a zrep:switch) == leaving* ]] || fail 'not half done'
expect_status 0 root_elsewhere host1 sync tank/a
says 'stays the master, and is writable again'
is "$(prop host1 tank/a zrep:by)" -
