#!/bin/bash
# A change of roles that was decided, and that a crash has left half done: status and check tell of it, as it is, and
# change nothing; doctor --fix ends it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-told.sh"

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
