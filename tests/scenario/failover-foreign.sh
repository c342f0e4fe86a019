#!/bin/bash
# Somebody takes snapshots all the time, on either side, also in the middle of a change.
. "$(dirname "$0")/lib.sh"

snapshots() { hook "$1" "$2" <<<"zfs snapshot \$ZREP_DATASET@$1-$2-\$ZREP_EPOCH"; }
pair
on host1 zfs snapshot tank/a@before
snapshots host1 pre-demote
snapshots host2 post-promote
echo "second words" | put host1 tank/a file
expect_status 0 zrep failover tank/a
for snap in before host1-pre-demote-1; do
	is "$(guid host1 tank/a@$snap)" "$(guid host2 tank/a@$snap)"
done
has host2 tank/a@host2-post-promote-1
leads host2
is "$(guid host1 tank/a@host2-post-promote-1)" "$(guid host2 tank/a@host2-post-promote-1)"

# On the one that was the master, when it is none any more: the role moved, and what holds nothing makes room.
unhook host1
unhook host2
expect_status 0 on host2 zrep failover tank/a
snapshots host1 post-demote
expect_status 0 zrep failover tank/a
led_by host2
echo "third words" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
says 'tank/a on host1 has @host1-post-demote-3, which somebody took of the replica'
unhook host1
leads host2

# The same while the last sync is under way: a snapshot with nothing in it keeps nobody from moving.
expect_status 0 on host2 zrep failover tank/a
late host1 16
begin 8 zrep failover tank/a
on host1 zfs snapshot tank/a@in-the-middle
go_on
ended 0
same big host1 tank/a host2 tank/a
led_by host2
expect_status 0 on host2 zrep sync tank/a
leads host2
