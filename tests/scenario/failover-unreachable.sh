#!/bin/bash
# The other host cannot be reached, or not any more: nothing moves, and the master is writable.
. "$(dirname "$0")/lib.sh"

pair
state host1 >"$WORK/before"
lab kill host2
expect_status 5 zrep failover tank/a
says 'ssh cannot reach host2' 'zrep failover -L tank/a'
diff "$WORK/before" <(state host1) || fail 'host1 was changed'
lab start host2
lab kill host1
expect_status 5 on host2 zrep takeover tank/a
says 'ssh cannot reach host1' 'zrep takeover -L tank/a'
lab start host1
expect_status 5 on host1 env ZREP_PATH=no-zrep zrep failover tank/a
says 'no zrep on host2'
leads host1

# The connection is lost in the first sync; in the last.
fill host1 tank/a big 16
begin 8 zrep failover tank/a
lab drop
ended 5
says 'the connection to host2 was lost'
led_by host1
within 20 idle
leads host1
late host1 16
begin 8 zrep failover tank/a
lab drop
ended 5
says 'the connection to host2 was lost' 'tank/a on host1 stays the master, and is writable again'
led_by host1
within 20 idle
leads host1
begin 8 zrep failover tank/a
on host2 kill -KILL "$(zreps host2)"
ended 5
led_by host1

# It falls silent, and says nothing for so long that it is given up.
within 20 idle
leads host1
begin 8 zrep --timeout 2 failover tank/a
lab cut
go_on
within 60 grep -q 'stays the master, and is writable again' "$WORK/begun"
lab join
ended 5
within 30 idle
unhook host1
expect_status 0 zrep failover tank/a
same big host1 tank/a host2 tank/a
leads host2
