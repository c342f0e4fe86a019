#!/bin/bash
# What a crash has left half done: status and check tell of it, as it is, and change nothing; doctor --fix ends it.
. "$(dirname "$0")/lib.sh"

# told HOST WORD LEVEL: in each form, of tank/a there; nothing changes. (Once; what is tried on either host is to end it.)
told() { [[ $host == host2 ]] || unchanged forms "$@"; }
forms() {
	expect_status 0 on "$1" zrep status -a
	says " $2" 'is in the middle of a role change (' "on $1, zrep doctor --fix tank/a"
	expect_status 0 on "$1" zrep status tank/a
	says " $2" "on $1, zrep doctor --fix tank/a"
	expect_status 0 on "$1" zrep status -v tank/a
	says "state        $2" 'change       '
	is "$(on "$1" zrep --json status tank/a 2>/dev/null | jq -r 'first(.datasets[]).state')" "$2"
	expect_status "$3" on "$1" zrep status -m tank/a
	says 'if nobody is at it: zrep doctor --fix tank/a'
	is "$(wc -l <<<"$said")" 1
	expect_status 2 on "$1" zrep check tank/a
}
killed() {
	signal KILL
	ended 137
	within 20 idle
}

pair
late host1 16
for host in host1 host2; do # `leaving`: ended on either side
	begin 8 zrep failover tank/a
	killed
	is "$(roles host1)" 'yes host1 tank/a host2 tank/a leaving 1 on'
	told host1 leaving 2
	expect_status 1 on host2 zrep doctor tank/a
	says 'tank/a on host1 is in the middle of a role change (leaving 1)' 'zrep doctor --fix tank/a finishes or undoes it'
	expect_status 0 on host1 zrep -n doctor --fix tank/a
	says 'host1: set tank/a -readonly, if'
	expect_status 0 on $host zrep doctor --fix tank/a
	says 'tank/a on host1 stays the master, and is writable again' 'tank/a: nothing odd'
	leads host1
done
unhook host1

# Superseded while it made way: only the operator ends that, and is told how.
on host1 zfs set zrep:switch='leaving 999' zrep:readonly=inherited tank/a
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "not there" | put host1 tank/a file
on host2 zfs set zrep:epoch=999 tank/a
expect_status 1 zrep doctor --fix tank/a
says 'tank/a on host1 was superseded' 'zrep rejoin tank/a'
says_not 'doctor --fix tank/a finishes'
expect_status 0 zrep rejoin tank/a
leads host2
