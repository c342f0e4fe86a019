#!/bin/bash
# Whoever works on all is not content with the others while a pool is not imported in which this host has replicas, or is the
# master: refresh, takeover, failover, yield.
. "$(dirname "$0")/lib.sh"

away() { on "$1" zpool export data; }
back() { on "$1" sh -c 'zpool import -d ~ data'; }
for host in host1 host2; do
	on "$host" sh -c 'truncate -s 128M ~/disk-data; zpool create -O mountpoint=none data ~/disk-data'
done
pair tank/a
on host1 zfs create tank/x
on host1 zfs create tank/y
echo one | put host1 tank/x file
expect_status 0 zrep init tank/x host2 data/x
expect_status 0 zrep init tank/y host2 data/y
expect_status 0 zrep sync all

# --- replicas ---
away host2
echo two | put host1 tank/a file
expect_status 3 on host2 zrep refresh all
says 'pool data is not imported on host2: data/x cannot be seen' 'data/y cannot be seen' '-> on host2: zpool import data' \
	'3 datasets: 1 fetched' '2 failed' 'if it is not to be there any more' 'on host2, rm '
same file host1 tank/a host2 tank/a
is "$({ on host2 zrep refresh --json all 2>/dev/null || true; } | jq -c '[.exit, .datasets."data/x".exit, .datasets."data/x".error.reason]')" '[3,3,"pool-away"]'
expect_status 3 on host2 zrep -n refresh all
says 'data/x cannot be seen'
expect_status 3 on host2 zrep takeover all
says 'pool data is not imported on host2: data/x cannot be seen' 'data/y cannot be seen'
expect_status 0 on host2 zrep failover all # tank/a is back
expect_status 3 on host2 zrep takeover all host1
says 'data/x cannot be seen'
expect_status 0 on host2 zrep failover all
# Of another tag there is nothing.
expect_status 0 on host2 zrep -t other refresh all
# What the operator knows better.
expect_status 3 on host2 zrep refresh all
[[ $said =~ on\ host2,\ (rm\ [^$'\n']*) ]] || fail 'nothing to paste'
# shellcheck disable=SC2086
on host2 ${BASH_REMATCH[1]}
expect_status 0 on host2 zrep refresh all
back host2
expect_status 0 on host2 zrep refresh all
says '3 datasets'
away host2
expect_status 3 on host2 zrep refresh all
back host2

# One that is cleared, or destroyed, is forgotten; and one that is the master.
expect_status 0 on host2 zrep -y clear data/y
away host2
expect_status 3 on host2 zrep refresh all
says 'data/x cannot be seen'
says_not data/y
back host2
expect_status 0 zrep failover tank/x
away host2
expect_status 0 on host2 zrep refresh all

# --- masters ---
expect_status 3 on host2 zrep failover all
says 'pool data is not imported on host2: data/x cannot be seen'
expect_status 3 on host2 zrep yield all
says 'pool data is not imported on host2: data/x cannot be seen'
expect_status 3 on host2 zrep -n failover all
says 'pool data is not imported on host2: data/x cannot be seen'
back host2
expect_status 0 on host2 zrep failover all
expect_status 0 zrep sync tank/x
# Destroyed by hand: what sees that it is not there, with its pool, forgets it.
for snap in $(snaps host2 data/x); do on host2 zfs release zrep "data/x@$snap" || :; done
on host2 zfs destroy -r data/x
expect_status 0 on host2 zrep refresh all
away host2
expect_status 0 on host2 zrep refresh all
