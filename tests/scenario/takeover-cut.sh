#!/bin/bash
# The master was not dead, only cut off, and was written to all the time: nothing of that is lost.
. "$(dirname "$0")/lib.sh"

pair
echo "written before" | put host1 tank/a before
fill host1 tank/a big 16
begin 8 zrep --timeout 2 sync tank/a
lab cut
go_on
ended 5
within 20 idle
expect_status 0 on host2 zrep -y takeover -L tank/a
for i in 1 2 3; do
	echo "written on host1 while cut off, $i" | put host1 tank/a "cut$i"
	on host1 zfs snapshot "tank/a@cut$i"
	echo "written on host2, $i" | put host2 tank/a "new$i"
done
expect_status 5 on host1 env SSH='ssh -o ConnectTimeout=1' zrep --timeout 2 sync tank/a
lab join
refuses 3 zrep sync all
says 'tank/a on host1 was superseded' 'zrep rejoin tank/a'
echo "written after it was told" | put host1 tank/a after
expect_status 0 zrep rejoin tank/a
kept=$(kept host1)
for i in 1 2 3; do
	is "$(get host1 "$kept" "cut$i")" "written on host1 while cut off, $i"
	has host1 "$kept@cut$i"
	is "$(get host1 tank/a "new$i")" "written on host2, $i"
done
is "$(get host1 "$kept" before)" 'written before'
is "$(get host1 "$kept" after)" 'written after it was told'
leads host2
