#!/bin/bash
# A change of roles that was decided, and that a crash has left half done: status and check tell of it, as it is, and
# change nothing; doctor --fix ends it.
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
# `entering` there, and `leaving` here, decided.
at=1
for host in host1 host2; do
	hook host2 post-promote <<-'END'
		mkdir -p ~/scenario
		: >~/scenario/waits
		until [ -e ~/scenario/go ]; do sleep 0.1; done
	END
	on host2 sh -c 'rm -rf ~/scenario'
	start zrep failover tank/a
	within 20 on host2 sh -c 'test -e ~/scenario/waits'
	signal KILL
	ended 137
	on host2 sh -c ': >~/scenario/go'
	within 20 idle
	unhook host2
	# A crash a moment before would have left this.
	on host1 zfs set zrep:src-host=host1 zrep:dest-host=host2 zrep:master=yes zrep:switch="leaving $at" zrep:epoch=$((at - 1)) tank/a
	told host2 entering 1
	told host1 leaving 2
	expect_status 0 on $host zrep doctor --fix tank/a
	says 'tank/a on host2 is the master now' 'tank/a on host1 is the replica now'
	leads host2
	expect_status 0 zrep takeover tank/a
	leads host1
	at=$((at + 2))
done
