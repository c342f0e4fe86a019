#!/bin/bash
# Who has made way, and who was offered the role, stay so whatever else is said, but a takeover or a failover.
. "$(dirname "$0")/lib.sh"

switches() { # HOST1 HOST2
	[[ "$(prop host1 tank/a zrep:switch)/$(prop host2 tank/a zrep:switch)" =~ ^$1/$2$ ]] || fail "not $1 and $2"
	is "$(prop host1 tank/a readonly)" on
	is "$(prop host2 tank/a readonly)" on
}
stands() {
	local verb
	for verb in sync 'sync -f' '-y rejoin' '-y rejoin --force' expire '-y clear'; do
		# shellcheck disable=SC2086
		unchanged expect_status 3 zrep $verb tank/a
	done
	unchanged expect_status 3 zrep changeconfig tank/a host2 tank/a
	for verb in 'refresh' 'refresh -f' '-y rejoin' '-y rejoin --force'; do
		# shellcheck disable=SC2086
		unchanged expect_status 3 on host2 zrep $verb tank/a
	done
	unchanged expect_status 1 zrep doctor --fix tank/a
	unchanged expect_status 1 on host2 zrep doctor --fix tank/a
	unchanged expect_status 0 zrep yield -L tank/a
}

pair
echo "second words" | put host1 tank/a file
expect_status 0 zrep yield -L tank/a
switches resting -
stands
switches resting -
# Who is a replica has no role to lay down.
refuses 3 on host2 zrep yield -L tank/a
says 'is a replica; its master is tank/a on host1' 'on host1, zrep yield tank/a'
refuses 3 on host2 zrep yield tank/a

expect_status 0 zrep yield tank/a
switches 'leaving 1 resting' 'offered 1 [0-9]+'
stands
switches 'leaving 1 resting' 'offered 1 [0-9]+'
unchanged expect_status 3 on host2 zrep -y clear tank/a

# Somebody's snapshots of either side are nothing to lose; the one that the replica was offered the role with stays.
on host1 zfs snapshot tank/a@mine
on host2 zfs snapshot tank/a@auto
expect_status 0 on host2 zrep takeover -L tank/a
says 'tank/a on host2 is the master of epoch 1'
echo "third words" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
says 'tank/a on host1 is the replica now'
is "$(get host1 tank/a file)" 'third words'
is "$(kept host1)$(kept host2)" ''

# The former master was opened by hand, and written to: it has not made way, and what was written is not lost.
expect_status 0 on host2 zrep failover tank/a
expect_status 0 zrep yield tank/a
on host1 zfs set readonly=off tank/a
echo "stray words" | put host1 tank/a file
expect_status 0 zrep yield tank/a
says 'was offered the role' 'that is over' 'has made way'
switches 'leaving [0-9]+ resting' 'offered [0-9]+ [0-9]+'
expect_status 0 on host2 zrep takeover tank/a
is "$(get host2 tank/a file)" 'stray words'
leads host2
# The same, and the role is taken without asking: what only the former master has is kept.
expect_status 0 on host2 zrep failover tank/a
expect_status 0 zrep yield tank/a
on host1 zfs set readonly=off tank/a
echo "more stray words" | put host1 tank/a file
expect_status 0 on host2 zrep takeover -L tank/a
expect_status 3 on host2 zrep sync tank/a
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'more stray words'
leads host2

# The other side was written to: its role is not taken without a word, and not at the epoch that was offered.
expect_status 0 on host2 zrep yield tank/a
on host1 zfs set readonly=off tank/a
echo "words of a replica" | put host1 tank/a file
on host1 zfs set readonly=on tank/a
refuses 3 zrep takeover -L tank/a
says 'say -y if it is meant'
expect_status 0 on host2 zrep takeover tank/a
says 'tank/a on host2 stays the master, and is writable again'
