#!/bin/bash
# Killed in the middle of a change of roles: the next command on either side sees to it.
. "$(dirname "$0")/lib.sh"

pair
late host1 16

# In the last sync: ended by `doctor --fix` here, by takeover there.
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
is "$(roles host1)" 'yes host1 tank/a host2 tank/a leaving 1 on'
expect_status 0 zrep doctor --fix tank/a
says 'tank/a on host1 stays the master, and is writable again' 'no findings'
leads host1
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
unhook host1
expect_status 0 on host2 zrep takeover tank/a
same big host1 tank/a host2 tank/a
leads host2

# After the decision.
expect_status 0 zrep takeover tank/a
hook host2 post-promote <<'END'
mkdir -p ~/scenario
: >~/scenario/waits
until [ -e ~/scenario/go ]; do sleep 0.1; done
END
start zrep failover tank/a
within 20 on host2 sh -c 'test -e ~/scenario/waits'
signal KILL
ended 137
on host2 sh -c ': >~/scenario/go'
within 20 idle
unhook host2
is "$(on host2 zrep --json status tank/a 2>/dev/null | jq -r '.datasets."tank/a" | .role, .state' | paste -sd ' ')" 'master entering'
expect_status 0 zrep doctor --fix tank/a
says 'tank/a on host2 is the master now'
expect_status 0 zrep status -a
says replica
leads host2
