#!/bin/bash
# needs: userspace
# What a snapshot tool takes of a replica makes room also where a user without privileges syncs, who may run no channel
# program; and where he may not destroy, that is said before anything is sent.
. "$(dirname "$0")/lib.sh"

there="env UZFS_UID=1000 ZREP_RUNDIR=$WORK/run-there zrep"
as_user() { on "$1" env "${user[@]}" ZREP_PATH="$there" zrep "${@:2}"; }
needs=create,destroy,hold,mount,receive,release,rollback,send,snapshot,userprop
on host1 zfs allow -u 1000 $needs,readonly tank
on host2 zfs allow -u 1000 $needs,readonly tank
on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
expect_status 0 as_user host1 init tank/a host2 tank/a
on host2 zfs snapshot tank/a@one
on host2 zfs snapshot tank/a@two
echo "second words" | put host1 tank/a file
expect_status 0 as_user host1 sync tank/a
says '@one, @two, which somebody took of the replica'
same file host1 tank/a host2 tank/a
hasnt host2 tank/a@two

# The same in the middle of a failover, and after it.
hook host1 pre-demote <<<'zfs snapshot $ZREP_DATASET@making-way'
hook host2 pre-promote <<<'zfs snapshot $ZREP_DATASET@before'
hook host1 post-demote <<<'zfs snapshot $ZREP_DATASET@after'
expect_status 0 as_user host1 failover tank/a
led_by host2
echo "third words" | put host2 tank/a file
expect_status 0 as_user host2 sync tank/a
same file host1 tank/a host2 tank/a
