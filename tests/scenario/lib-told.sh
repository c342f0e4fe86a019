# shellcheck shell=bash
# What is told of a change of roles that a crash has left half done; sourced after lib.sh, for a loop over `host`.

# told HOST WORD LEVEL [CHECK]: in each form, of tank/a there; nothing changes. status -m ends with LEVEL, check with CHECK
# (2). (Once; what is tried on either host is to end it.)
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
	expect_status "${4:-2}" on "$1" zrep check tank/a
}

# The zrep that was started dies.
killed() {
	signal KILL
	ended 137
	within 20 idle
}
