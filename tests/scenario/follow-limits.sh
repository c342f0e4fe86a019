#!/bin/bash
# A replica has no limit that could stop a sync. What its master has is noted on it, and set on the day on which it leads.
. "$(dirname "$0")/lib.sh"

limits() { # limits HOST NAME
	echo "$(prop "$1" "$2" quota) $(prop "$1" "$2" refquota) $(prop "$1" "$2" reservation)"
}
M=$((1 << 20))

on host1 zfs create -o quota=40M -o refquota=30M -o reservation=8M tank/a
echo "first words" | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
is "$(limits host2 tank/a)" '0 0 0'
is "$(prop host2 tank/a zrep:limits)" "quota=$((40 * M)),refquota=$((30 * M)),reservation=$((8 * M))"

# The master's is raised, and more is written than the replica was made for.
on host1 zfs set quota=200M refquota=none tank/a
fill host1 tank/a big 60
expect_status 0 zrep check -v tank/a
says 'does not know yet which limits it is to have as the master: quota='
synced
is "$(prop host2 tank/a zrep:limits)" "quota=$((200 * M)),reservation=$((8 * M))"

# One that somebody sets on the replica, or that it had when the pair was made, is lifted before anything is sent.
on host2 zfs set quota=70M tank/a
fill host1 tank/a more 30
expect_status 0 zrep check -v tank/a
says 'the replica tank/a on host2 has limits of its own: quota=' 'lifts them'
expect_status 0 zrep sync tank/a
says 'quota=73400320 is lifted'
same more host1 tank/a host2 tank/a
is "$(limits host2 tank/a)" '0 0 0'

# More stays on the replica than a quota of its master allows: that is told before.
on host1 zfs set quota=none zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=50 tank/a
for i in 1 2; do
	fill host1 tank/a more 8
	expect_status 0 zrep sync tank/a
done
on host1 zfs set quota=$((105 * M)) tank/a
expect_status 1 zrep check tank/a
says 'as the master tank/a on host2 could not have a quota of 105.0 MiB' 'raise it on host1'
on host1 zfs set quota=200M tank/a
expect_status 0 zrep check tank/a

# The day comes; and that of the way back.
expect_status 0 zrep failover tank/a
says "tank/a on host2 is to have the limits that were noted for it: quota=$((200 * M)),reservation=$((8 * M))"
led_by host2
is "$(limits host2 tank/a)" "$((200 * M)) 0 $((8 * M))"
is "$(on host2 zfs get -Ho source zrep:limits tank/a)" -
expect_status 0 on host2 zrep sync tank/a
says 'tank/a on host1 has no limit of its own as a replica'
is "$(limits host1 tank/a)" '0 0 0'
on host2 zfs set quota=150M tank/a
expect_status 0 on host2 zrep failover tank/a
led_by host1
is "$(limits host1 tank/a)" "$((150 * M)) 0 $((8 * M))"

# Without the other side as well; who lost has no limit any more that could stop a sync.
expect_status 0 zrep sync tank/a
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
is "$(limits host2 tank/a)" "$((150 * M)) 0 $((8 * M))"
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
is "$(limits host1 tank/a)" '0 0 0'
led_by host2

# zrep:quotas=no, here or above: each side has its own, on its day.
on host1 zfs create tank/own
on host1 zfs set zrep:quotas=no tank/own
on host1 zfs create -o quota=40M tank/own/b
echo "first words" | put host1 tank/own/b file
expect_status 0 zrep init tank/own/b host2 tank/b
is "$(prop host2 tank/b zrep:limits)" -
on host2 zfs set quota=20M tank/b
fill host1 tank/own/b big 25
expect_status 0 zrep sync tank/own/b
is "$(prop host2 tank/b quota) $(prop host2 tank/b zrep:limits)" "0 quota=$((20 * M))"
expect_status 0 zrep sync tank/own/b
is "$(prop host2 tank/b zrep:limits)" "quota=$((20 * M))"
on host2 zfs set zrep:limits=quota=60M tank/b
expect_status 0 zrep failover tank/own/b
is "$(prop host2 tank/b quota)" $((60 * M))
on host2 zfs set zrep:quotas=no tank/b
expect_status 0 on host2 zrep sync tank/b
is "$(prop host1 tank/own/b quota) $(prop host1 tank/own/b zrep:limits)" "0 quota=$((40 * M))"

# It cannot have one that is less than what is in use; the others it has.
on host1 zfs create -o quota=40M -o reservation=1M tank/c
fill host1 tank/c big 10
expect_status 0 zrep init tank/c host2 tank/c
on host2 zfs set zrep:savecount=50 tank/c
on host1 zfs set zrep:savecount=1 tank/c
for i in 1 2 3 4; do
	fill host1 tank/c big 10
	expect_status 0 zrep sync tank/c
done
expect_status 1 zrep failover tank/c
led_by host2 tank/c
says "tank/c on host2 cannot have quota=$((40 * M)): more than that is in use there" \
	"then on host2: zfs set quota=$((40 * M)) tank/c"
is "$(limits host2 tank/c)" "0 0 $M"

# What cannot be read is told.
on host2 zfs set zrep:quotas=perhaps tank/b
expect_status 1 on host2 zrep status -m tank/b
says 'quotas "perhaps" is neither yes nor no'
expect_status 1 on host2 zrep check tank/b
says 'zfs set zrep:quotas=yes tank/b'
is "$(on host2 zrep status --json tank/b | jq -c '.datasets."tank/b" | [.quotas, .quotas_bad]')" '["perhaps",true]'
