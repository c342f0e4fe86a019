#!/bin/bash
# ZFS hangs on one host while a sync has the dataset locked on both. The role can be moved all the same, within the
# time-out and ten seconds: whoever has the lock and makes no progress is asked to go. Who makes progress is not.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hang.sh"

pair
fill host1 tank/a big 20

# A long send is left alone, and a role change says who is there.
start zrep --timeout 600 --limit 200K sync tank/a
within 20 eval '[[ $(on host2 zfs get -Ho value receive_resume_token tank/a) != - || -n $(zreps host2) ]]'
sleep 2
takes 20 expect_status 4 on host2 zrep --timeout 9 takeover -L -y tank/a
says 'tank/a on host2 is busy: zrep -t zrep, pid' 'for host1' 'progress was' 'zrep takeover -L --force tank/a'
takes 15 expect_status 4 on host2 zrep --timeout 9 takeover tank/a
says 'is busy: zrep -t zrep, pid' 'zrep takeover -L tank/a'
expect_status 4 on host2 zrep takeover -L -y --force tank/a
[[ -n $(zreps host1) ]] || fail 'the sync is gone'

# The master's ZFS hangs. Its sync would wait ten minutes.
hang host1
takes 19 expect_status 0 on host2 zrep --timeout 9 takeover -L -y tank/a
says 'tank/a on host2 was locked, and has been let go of' 'for host1' 'no progress for'
is "$(prop host2 tank/a zrep:master)" yes
wake host1
ended 5
within 60 idle
expect_status 3 zrep sync tank/a
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep failover tank/a
led_by host1

# The replica's. The sync, on the master, waits for it once 4 MiB are under way, and is asked to go.
fill host1 tank/a big 60
start zrep --timeout 600 --limit 2M sync tank/a
within 60 eval '[[ -n $(zreps host2) ]]'
sleep 3
hang host2
takes 19 expect_status 0 zrep --timeout 9 failover -L -y tank/a
says 'tank/a on host1 was locked, and has been let go of' 'sync'
ended 1
says 'asked to let go of its locks' 'zrep failover -t zrep'
is "$(prop host1 tank/a zrep:master)" -
wake host2
within 60 idle
