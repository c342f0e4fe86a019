#!/bin/bash
# needs: userspace
# What makes way by a yield, or from where it rested, and is killed: once it is closed, no other command than one that says who
# is to lead opens it.
. "$(dirname "$0")/lib.sh"

waits() { # HOST: its hook pre-demote does not come to its end before somebody says so
	hook "$1" pre-demote <<-'END'
		mkdir -p ~/scenario
		: >~/scenario/waits
		until [ -e ~/scenario/go ]; do sleep 0.1; done
	END
}
# killed VERB...: on host1, when host2 or host1, the master, waits.
killed() {
	on "$master" sh -c 'rm -rf ~/scenario'
	waits "$master"
	start zrep "$@" tank/a
	within 20 on "$master" sh -c 'test -e ~/scenario/waits'
	signal KILL
	ended 137
	on "$master" sh -c ': >~/scenario/go'
	within 30 idle
	unhook "$master"
}
marked() { is "$(prop "$master" tank/a zrep:switch) $(prop "$master" tank/a readonly)" "$*"; }
# closed STATUS HOST CMD...: that settles it, with that status. It stays closed, and rests.
closed() {
	expect_status "$1" on "${@:2}" tank/a
	says "tank/a on $master rests, and stays read-only" 'has made way, and is read-only; nobody was offered its role'
	marked resting on
	! echo "not now" | put "$master" tank/a file 2>/dev/null || fail 'it is writable'
	expect_status 11 on "$master" zrep role tank/a
	says resting
	is "$(prop "$(other "$master")" tank/a zrep:switch)" -
}
opens() {
	expect_status 0 on "$master" zrep takeover tank/a
	says "tank/a on $master stays the master, and is writable again"
	leads "$master"
}

pair
master=host1
# Not closed yet: it is as it was.
killed yield
marked 'leaving 1 resting' off
expect_status 0 zrep sync tank/a
says 'tank/a on host1 stays the master, and is writable again'
leads host1
# Closed, in the last sync.
late host1 16
begin 8 zrep yield tank/a
signal KILL
ended 137
within 20 idle
unhook host1
marked 'leaving 1 resting' on
# Who only looks changes nothing.
looks() { # WORD OF ROLE
	unchanged expect_status 11 zrep role tank/a
	says "$1"
	for verb in 'status -m' check; do
		# shellcheck disable=SC2086
		unchanged expect_status 2 zrep $verb tank/a
	done
	unchanged expect_status 1 zrep doctor tank/a
}
unchanged expect_status 0 zrep status tank/a
says ' leaving' 'in the middle of a role change (leaving 1 resting)'
looks 'leaving 1 leaving'
closed 3 host1 zrep sync
looks 'resting 0 resting'
# Nor is it opened by anybody else then.
for verb in sync '-y rejoin'; do
	# shellcheck disable=SC2086
	unchanged expect_status 3 zrep $verb tank/a
done
unchanged expect_status 1 zrep doctor --fix tank/a
unchanged expect_status 3 on host2 zrep refresh tank/a
opens

# From where it rests, by each that moves the role.
expect_status 0 zrep yield -L tank/a
for verb in yield failover; do
	killed $verb
	marked 'leaving 1 resting' on
	closed 1 host1 zrep doctor --fix
done
killed -y failover -L
marked 'leaving 1 resting' on
closed 3 host2 zrep refresh
opens
# It failed where both are there: it rests as it did. One that did not is as it was.
expect_status 0 zrep yield -L tank/a
echo 'exit 1' | hook host1 pre-demote
for verb in yield failover '-y failover -L'; do
	# shellcheck disable=SC2086
	expect_status 1 zrep $verb tank/a
	says 'pre-demote'
	marked resting on
done
expect_status 1 on host2 zrep takeover tank/a
marked resting on
unhook host1
opens
echo 'exit 1' | hook host1 pre-demote
expect_status 1 zrep yield tank/a
says 'pre-demote' 'stays the master, and is writable again'
unhook host1
leads host1

# The other side takes it, and is killed.
expect_status 0 zrep failover tank/a
master=host2
expect_status 0 on host2 zrep yield -L tank/a
killed takeover
marked 'leaving 2 resting' on
closed 3 host2 zrep sync
killed takeover
# What was begun can be gone on with.
expect_status 0 zrep takeover tank/a
leads host1
master=host1

# A change that was killed, and of which nobody knows whether it was decided, is closed for good by yield -L.
late host1 16
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
unhook host1
marked 'leaving 3' on
lab kill host2
expect_status 0 zrep yield -L tank/a
says 'may have been offered its role' 'stays read-only until it is taken back: on host1, zrep takeover tank/a'
marked 'leaving 3 resting' on
unchanged expect_status 0 zrep yield -L tank/a
for verb in sync yield; do
	unchanged expect_status 5 zrep --timeout 5 $verb tank/a
	says 'is in doubt'
done
lab start host2
closed 3 host1 zrep sync
opens

# An offer that came to nothing: whom it was made to went elsewhere.
expect_status 0 zrep yield tank/a
on host2 zfs inherit zrep:switch tank/a
marked 'leaving 3 resting' on
closed 3 host1 zrep sync
# Somebody opened it by hand: every command says so.
on host1 zfs set readonly=off tank/a
unchanged expect_status 2 zrep status -m tank/a
says 'it was to make way, and can still be written to' 'zrep yield -L tank/a' 'zrep takeover tank/a'
says_not 'is read-only'
unchanged expect_status 2 zrep check tank/a
says 'was to make way, and can still be written to'
refuses 3 zrep sync tank/a
says 'was to make way, and can still be written to'
expect_status 0 zrep yield -L tank/a
expect_status 2 zrep status -m tank/a
says 'it has made way, and is read-only' 'zrep takeover tank/a'
opens
