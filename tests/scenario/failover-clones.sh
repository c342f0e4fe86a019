#!/bin/bash
# What is not replicated stands in nobody's way: datasets below, and clones.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs create tank/a/mine
on host1 zfs create -o readonly=off tank/a/mine/deep
on host1 zfs set org.example:note=keep tank/a/mine
for ds in tank/a/mine tank/a/mine/deep; do
	echo "of $ds" | put host1 "$ds" file
	on host1 zfs snapshot "$ds@own"
done
deep=$(guid host1 tank/a/mine/deep)
on host1 zfs clone tank/a@zrep_000000 tank/clone
expect_status 0 zrep failover tank/a
says '2 datasets below tank/a on host1 that zrep does not move become read-only with it'
leads host2
is "$(prop host1 tank/a/mine readonly)" on
is "$(prop host1 tank/a/mine/deep readonly)" off
expect_status 0 on host2 zrep failover tank/a
leads host1
is "$(prop host1 tank/a/mine readonly)" off

# After a rejoin they are where they were.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
echo "words that were not sent" | put host1 tank/a file
on host1 zfs snapshot tank/a@mine
on host1 zfs clone tank/a@mine tank/clone2
expect_status 0 zrep rejoin tank/a
kept=$(kept host1)
for ds in tank/a/mine tank/a/mine/deep; do
	is "$(get host1 "$ds" file)" "of $ds"
	has host1 "$ds@own"
	hasnt host1 "${ds/tank\/a/$kept}"
done
is "$(guid host1 tank/a/mine/deep)" "$deep"
is "$(prop host1 tank/a/mine org.example:note)" keep
is "$(get host1 tank/clone file)" 'first words'
is "$(get host1 tank/clone2 file)" 'words that were not sent'
is "$(prop host1 tank/clone2 origin)" "$kept@mine"
leads host2

# A clone of what is to be discarded: that cannot be, and the dataset stays what it was.
lab cut
expect_status 0 zrep -y takeover -L tank/a
lab join
echo "more words that were not sent" | put host2 tank/a file
on host2 zfs snapshot tank/a@mine
on host2 zfs clone tank/a@mine tank/clone
expect_status 3 on host2 zrep -y rejoin --discard tank/a
says 'tank/a@mine' 'on host2'
is "$(roles host2)" 'yes host2 tank/a host1 tank/a - off'
has host2 tank/a@mine
expect_status 0 on host2 zrep rejoin tank/a
is "$(get host2 tank/clone file)" 'more words that were not sent'
leads host1
