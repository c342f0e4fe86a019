#!/bin/bash
# A change of roles and a sync exclude each other, whichever came first.
. "$(dirname "$0")/lib.sh"

pair
fill host1 tank/a big 16
begin 8 zrep sync tank/a
for verb in 'failover tank/a' 'failover -L tank/a' 'rejoin tank/a' 'failover all'; do
	# shellcheck disable=SC2086
	expect_status 4 zrep $verb
	says 'tank/a on host1 is busy: zrep -t zrep, pid'
done
for verb in 'takeover tank/a' '-y takeover -L tank/a'; do
	# shellcheck disable=SC2086
	expect_status 4 on host2 zrep $verb
	says 'is busy: zrep -t zrep, pid'
done
go_on
ended 0
led_by host1

# The other way round: in its first sync, the master is writable still.
fill host1 tank/a big 16
begin 8 zrep failover tank/a
expect_status 4 zrep sync tank/a
says 'tank/a on host1 is busy'
expect_status 4 on host2 zrep takeover tank/a
expect_status 0 zrep status
echo "words while it is under way" | put host1 tank/a file
go_on
ended 0
is "$(get host2 tank/a file)" 'words while it is under way'
same big host1 tank/a host2 tank/a
leads host2

# In its last sync, when the master has made way.
expect_status 0 zrep takeover tank/a
late host1 16
begin 8 zrep failover tank/a
is "$(roles host1)" 'yes host1 tank/a host2 tank/a leaving 3 on'
for verb in 'sync tank/a' 'failover tank/a' '-y failover -L tank/a' '-y takeover -L --force tank/a' 'rejoin tank/a'; do
	# shellcheck disable=SC2086
	expect_status 4 zrep $verb
	is "$(roles host1)" 'yes host1 tank/a host2 tank/a leaving 3 on'
done
for verb in 'takeover tank/a' '-y takeover -L tank/a' 'rejoin tank/a'; do
	# shellcheck disable=SC2086
	expect_status 4 on host2 zrep $verb
done
expect_status 0 zrep status
is "$(roles host1)" 'yes host1 tank/a host2 tank/a leaving 3 on'
is "$(roles host2)" '- host1 tank/a host2 tank/a - on'
go_on
ended 0
same big host1 tank/a host2 tank/a
leads host2
