#!/bin/bash
# What a crash has left half done: status and check tell of it, as it is, and change nothing; doctor --fix ends it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-told.sh"

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
	says 'tank/a on host1 stays the master, and is writable again' 'tank/a: no findings'
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
