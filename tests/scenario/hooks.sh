#!/bin/bash
# needs: userspace
# The administrator's hooks: which, where, in what order, with what facts; and what their failing does.
. "$(dirname "$0")/lib.sh"

# record HOST HOOK...: each writes down what it knows, and what readonly is by then.
record() {
	local host=$1 name
	shift
	for name; do
		hook "$host" "$name" <<-END
			echo "$host \$ZREP_HOOK \$ZREP_DATASET \$ZREP_ROLE \$ZREP_EPOCH \$ZREP_PEER \$ZREP_PEER_DATASET \$ZREP_TAG" \
				"\$(zfs get -Ho value readonly "\$ZREP_DATASET")" >>'$WORK/log'
		END
	done
}
all='fence pre-promote post-promote pre-demote post-demote'
# recorded TEXT: that, and nothing else.
recorded() {
	diff <(printf '%s' "${1:+$1$'\n'}") "$WORK/log" || fail 'other hooks were run'
	: >"$WORK/log"
}

pair
# shellcheck disable=SC2086
for host in host1 host2; do record $host $all; done
: >"$WORK/log"
unchanged expect_status 0 zrep -n failover tank/a
says 'host2: run hook pre-promote for tank/a'
is "$(<"$WORK/log")" ''
expect_status 0 zrep failover tank/a
recorded "host2 pre-promote tank/a master 1 host1 tank/a zrep on
host1 pre-demote tank/a replica 1 host2 tank/a zrep off
host1 post-demote tank/a replica 1 host2 tank/a zrep on
host2 post-promote tank/a master 1 host1 tank/a zrep off"
expect_status 0 zrep takeover tank/a
recorded "host1 pre-promote tank/a master 2 host2 tank/a zrep on
host2 pre-demote tank/a replica 2 host1 tank/a zrep off
host2 post-demote tank/a replica 2 host1 tank/a zrep on
host1 post-promote tank/a master 2 host2 tank/a zrep off"
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
recorded "host2 fence tank/a master 103 host1 tank/a zrep on
host2 pre-promote tank/a master 103 host1 tank/a zrep on
host2 post-promote tank/a master 103 host1 tank/a zrep off"
lab join
expect_status 0 zrep rejoin tank/a
recorded "host1 pre-demote tank/a replica 103 host2 tank/a zrep off
host1 post-demote tank/a replica 103 host2 tank/a zrep on"
leads host2

# One that fails before the decision stops it; what was stopped is started again.
says_no='echo "the first line"; echo "not today" >&2; exit 7'
hook host1 pre-promote <<<"$says_no"
expect_status 1 on host2 zrep failover tank/a
says 'pre-promote' 'not today' host1
recorded ''
led_by host2
record host1 pre-promote
hook host2 pre-demote <<<"$says_no"
expect_status 1 on host2 zrep failover tank/a
says 'pre-demote' 'not today' 'tank/a on host2 stays the master, and is writable again'
recorded "host1 pre-promote tank/a master 104 host2 tank/a zrep on
host2 post-promote tank/a master 103 host1 tank/a zrep off"
led_by host2
expect_status 1 on host2 zrep failover -L tank/a
says 'not today'
led_by host2
: >"$WORK/log"
hook host1 fence <<<"$says_no"
expect_status 1 zrep -y takeover -L tank/a
says 'fence' 'not today'
recorded ''
led_by host2

# Too slow, not executable, anybody's to write.
hook host2 pre-demote <<<'echo "asleep"; exec sleep 60'
expect_status 1 on host2 env ZREP_HOOK_TIMEOUT=1 zrep failover tank/a
says pre-demote host2 'stays the master'
led_by host2
for mode in 644 757; do
	hook host2 pre-demote <<<'true'
	on host2 sh -c 'chmod "$1" "$ZREP_HOOKS/pre-demote"' sh $mode
	expect_status 1 on host2 zrep failover tank/a
	says pre-demote host2
	led_by host2
done

# After the decision it is only told.
hook host2 pre-demote <<<'echo "services are stopped"'
hook host1 post-promote <<<"$says_no"
expect_status 1 on host2 zrep failover tank/a
says 'hook pre-demote on host2: services are stopped' 'post-promote' 'not today' 'tank/a on host1 is the master now'
unhook host1
unhook host2
leads host1
