#!/bin/bash
# What a crash has left half done: status and check tell of it, as it is, and change nothing; doctor --fix ends it.
. "$(dirname "$0")/lib.sh"

# told HOST WORD LEVEL: in each form, of tank/a there; nothing changes.
told() { unchanged forms "$@"; }
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
	unchanged expect_status 1 on host2 zrep doctor tank/a
	says 'tank/a on host1 is in the middle of a role change (leaving 1)' 'zrep doctor --fix tank/a finishes or undoes it'
	unchanged expect_status 0 on host1 zrep -n doctor --fix tank/a
	says 'host1: set tank/a -readonly, if'
	expect_status 0 on $host zrep doctor --fix tank/a
	says 'tank/a on host1 stays the master, and is writable again' 'tank/a: nothing odd'
	leads host1
done
unhook host1

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

# On the way back: not begun, keeping and not; and with what it had aside, where the name itself is gone.
old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
kept=tank/a_kept_20261125T130509Z
for host in host1 host2; do
	for word in "keep $kept" discard aside; do
		expect_status 0 on host2 zrep -y takeover -L tank/a
		echo "only here, $word" | put host1 tank/a file
		on host1 zfs set "zrep:switch=back $old ${word/aside/keep $kept}" zrep:readonly=inherited readonly=on tank/a
		if [[ $word == aside ]]; then
			on host1 zfs rename tank/a $kept
			refuses 3 zrep sync tank/a
			says 'is on its way back' 'on host1, zrep doctor --fix tank/a'
		fi
		told host1 'going back' 1
		got=0
		[[ $word == discard ]] || got=1 # what is kept is told
		expect_status $got on $host zrep doctor --fix tank/a
		says 'tank/a on host1 is a replica now'
		leads host2
		if [[ $word == discard ]]; then
			hasnt host1 $kept
		else
			is "$(get host1 $kept file)" "only here, $word"
			on host1 zfs destroy -r $kept
		fi
		expect_status 0 zrep takeover tank/a
		leads host1
		old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
	done
done

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
