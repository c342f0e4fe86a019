#!/bin/bash
# needs: userspace
# A user without privileges changes the role: what is missing is said before it hurts, and what is allowed is enough.
. "$(dirname "$0")/lib.sh"

there="env UZFS_UID=1000 ZREP_RUNDIR=$WORK/run-there zrep"
needs=create,destroy,hold,mount,receive,release,rollback,send,snapshot,userprop
on host1 zfs allow -u 1000 $needs tank
on host2 zfs allow -u 1000 $needs,readonly tank
on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
# as_user HOST ARG...: until it works, following what it says about permissions. Meanwhile the master stays what it is.
as_user() {
	local host=$1 tries got
	shift
	for tries in 1 2 3 4 5 6 7 8; do
		got=0
		said=$(on "$host" env "${user[@]}" ZREP_PATH="$there" zrep "$@" 2>&1) || got=$?
		printf '$ as user on %s: zrep %s\n%s\n[%d]\n' "$host" "$*" "$said" $got
		[[ $got -ne 0 ]] || return 0
		[[ $got -eq 1 ]] || fail "status $got"
		allow
	done
	fail "still not after $tries tries"
}
as_user host1 init tank/a host2 tank/a
as_user host1 failover tank/a
leads host2
as_user host1 takeover tank/a
leads host1
lab cut
as_user host2 -y takeover -L tank/a
lab join
echo "not sent" | put host1 tank/a file
on host1 zfs snapshot tank/a@mine
as_user host1 rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'not sent'
leads host2
echo "not sent either" | put host2 tank/a file
as_user host2 failover -L tank/a
is "$(get host2 "$(kept host2)" file)" 'not sent either'
as_user host1 takeover tank/a
leads host1
