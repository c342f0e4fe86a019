#!/bin/bash
# The master is gone, and the replica takes over without it. When it is back it finds out that it was
# superseded, touches nothing, and comes back as the replica; what only it had is kept.
. "$(dirname "$0")/lib.sh"

pair
echo "sent words" | put host1 tank/a file
synced
on host1 zfs set compression=gzip tank/a
echo "words that were not sent" | put host1 tank/a file
on host1 zfs snapshot tank/a@mine
echo "words after @mine" | put host1 tank/a late
lab kill host1
expect_status 5 on host2 zrep takeover tank/a
says 'ssh cannot reach host1' 'zrep takeover -L tank/a'
unchanged=$(state host2)
expect_status 0 on host2 zrep -n takeover -L tank/a
says 'zrep:switch=entering 101'
is "$(state host2)" "$unchanged"
expect_status 0 on host2 zrep -y takeover -L tank/a
says 'without host1 being asked' 'after @zrep_000001' 'tank/a on host2 is the master of epoch 101; tank/a on host1 was not asked'
is "$(roles host2)" 'yes host2 tank/a host1 tank/a - off'
is "$(prop host2 tank/a zrep:fork)" "$(guid host2 tank/a@zrep_000001)"
is "$(get host2 tank/a file)" 'sent words'
echo "words of the new master" | put host2 tank/a file
expect_status 5 on host2 zrep sync tank/a

lab start host1
refuses 3 zrep sync tank/a
says 'tank/a on host1 was superseded: tank/a on host2 is the master of epoch 101 since ' 'nothing was touched' \
	'on host1, zrep rejoin tank/a'
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host1 claims to be the master, with the older epoch 0' 'on host1, zrep rejoin tank/a'
# The winner says whom it cannot sync to, and is not told to come back itself.
expect_status 0 on host2 zrep status
says_not superseded
expect_status 1 on host2 zrep status -m
says 'claims to be the master, with the older epoch 0'
for verb in failover takeover; do refuses 3 zrep $verb tank/a; done
expect_status 0 zrep status
says superseded

expect_status 0 zrep rejoin tank/a
kept=$(kept host1)
says 'tank/a on host1 is the replica of tank/a on host2 again' "its own changes are preserved in $kept on host1" "zfs destroy -r $kept"
leads host2
is "$(get host1 "$kept" file)" 'words that were not sent'
is "$(get host1 "$kept" late)" 'words after @mine'
is "$(get host1 "$kept@mine" file)" 'words that were not sent'
is "$(snaps host1 "$kept")" mine
is "$(holds host1 "$kept@mine")" ''
is "$(on host1 zfs get -Hs local,received -o property all "$kept" | grep zrep: || true)" ''
is "$(prop host1 "$kept" canmount)" noauto
is "$(prop host1 tank/a compression)" off # as the master has it
expect_status 0 zrep rejoin tank/a
says 'already'
expect_status 0 zrep failover tank/a
leads host2

# It can go.
on host1 zfs destroy -r "$kept"
expect_status 0 on host2 zrep failover tank/a
leads host1
