#!/bin/bash
# ZFS hangs on the other host, and everything else there lives: whoever needs it gives up after the time-out, and
# goes on with the others.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hang.sh"

beside

echo 'second words' | put host1 tank/a file
echo 'second words' | put host1 tank/ok file
hang host2
takes 13 expect_status 5 zrep --timeout 5 sync all
says 'tank/a: ZFS on host2 does not answer: nothing has happened for 5 s' 'zpool status' \
	'tank/ok -> host1:tank/okcopy' '2 datasets: 1 sent' '1 failed'
same file host1 tank/ok host1 tank/okcopy
takes 10 expect_status 2 zrep --timeout 3 check
says 'tank/a' 'ZFS on host2 does not answer'
takes 8 expect_status 0 zrep --timeout 3 status
takes 8 expect_status 1 zrep --timeout 3 status -m # the last run failed
takes 20 expect_status 5 zrep --timeout 3 failover tank/a
says 'ZFS on host2 does not answer'
within 30 idle # the agents as well, though ZFS still hangs
wake host2
expect_status 0 zrep sync all
same file host1 tank/a host2 tank/a
led_by host1

# In the middle of a stream, in either direction.
fill host1 tank/a big 10
start zrep --timeout 4 --limit 1M sync tank/a
sleep 4
hang host2
takes 12 ended 5
says 'tank/a' 'ZFS on host2 does not answer' '(receive)'
wake host2
within 30 idle
synced
same big host1 tank/a host2 tank/a
fill host1 tank/a big 10
{
	trap - ERR
	on host2 zrep --timeout 4 --limit 1M refresh tank/a
} >"$WORK/begun" 2>&1 &
begun=$!
sleep 4
hang host1
takes 12 ended 5
says 'tank/a' 'ZFS on host1 does not answer' '(send)'
wake host1
within 30 idle
synced
same big host1 tank/a host2 tank/a
