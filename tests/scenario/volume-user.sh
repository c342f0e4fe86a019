#!/bin/bash
# needs: userspace
# A thick volume has grown, and the agent's user may not reserve anything yet.
. "$(dirname "$0")/lib.sh"

there() { on host1 env ZREP_PATH="env ${user[*]} zrep" zrep "$@"; }
on host2 zfs create tank/backup
on host1 zfs create -V 32M tank/v
expect_status 0 zrep init tank/v host2 tank/backup/v
on host2 zfs allow -u 1000 create,destroy,hold,mount,receive,release,rollback,send,snapshot,userprop,readonly tank/backup
on host1 zfs set volsize=48M tank/v
head -c 300000 /dev/urandom | put host1 tank/v 40000000
expect_status 0 there sync tank/v
same 40000000+300000 host1 tank/v host2 tank/backup/v
says 'tank/backup/v on host2: permission denied'
allow
expect_status 0 there sync tank/v
is "$said" "tank/v -> host2:tank/backup/v  unchanged since @zrep_000001"
is "$(prop host2 tank/backup/v refreservation)" "$(prop host1 tank/v refreservation)"
