#!/bin/bash
# ZFS hangs on the host where zrep runs: it gives up after the time-out.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hang.sh"

pair
echo 'third words' | put host1 tank/a file
hang host1
takes 8 expect_status 5 zrep --timeout 3 sync all
says 'ZFS on host1 does not answer'
takes 8 expect_status 3 zrep --timeout 3 check
says 'ZFS on host1 does not answer'
takes 8 expect_status 5 zrep --timeout 3 status
takes 8 expect_status 3 zrep --timeout 3 status -m
takes 10 expect_status 5 on host2 zrep --timeout 3 refresh tank/a
says 'ZFS on host1 does not answer'
takes 8 expect_status 5 zrep --timeout 3 takeover tank/a
wake host1
within 30 idle
synced

fill host1 tank/a big 10
start zrep --timeout 4 --limit 1M sync tank/a
sleep 4
hang host1
takes 12 ended 5
says 'tank/a' 'ZFS on host1 does not answer' '(send)'
wake host1
within 30 idle
synced
same big host1 tank/a host2 tank/a
led_by host1
