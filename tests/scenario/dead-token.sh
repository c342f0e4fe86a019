#!/bin/bash
# A transfer that cannot be finished any more is forgotten, and that is said.
. "$(dirname "$0")/lib.sh"

pair
fill host1 tank/a big 20
begin 10 zrep sync tank/a
signal KILL
ended 137
within 20 [ "$(prop host2 tank/a receive_resume_token)" != - ]
on host1 zfs destroy tank/a@zrep_000001
expect_status 0 zrep sync tank/a
says 'tank/a on host2' 'cannot be finished any more' 'forgotten'
same big host1 tank/a host2 tank/a
synced

# The very first transfer: nothing of the replica is there yet, so it is for a person to remove.
on host1 zfs create tank/b
fill host1 tank/b big 20
begin 10 zrep init tank/b host2 tank/b
signal KILL
ended 137
within 20 has host2 tank/b
on host1 zfs destroy tank/b@zrep_000000
refuses 3 zrep init tank/b host2 tank/b
says 'tank/b on host2' 'cannot be finished' 'zfs receive -A tank/b'
on host2 zfs receive -A tank/b
expect_status 0 zrep init tank/b host2 tank/b
same big host1 tank/b host2 tank/b
