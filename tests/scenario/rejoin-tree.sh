#!/bin/bash
# A tree was taken over by force; its datasets come back one after the other, in whatever order.
. "$(dirname "$0")/lib.sh"

tree='tank/a tank/a/b tank/a/b/c'
for ds in $tree; do pair "$ds"; done
on host1 zfs create tank/a/b/mine
echo "of mine" | put host1 tank/a/b/mine file
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
for ds in $tree; do
	is "$(prop host2 "$ds" zrep:epoch) $(prop host2 "$ds" readonly)" '101 off'
	echo "not sent of $ds" | put host1 "$ds" file
	echo "new of $ds" | put host2 "$ds" file
done
expect_status 3 zrep sync all
says '3 failed'
expect_status 0 zrep rejoin tank/a/b tank/a/b/c tank/a
for ds in $tree; do
	is "$(get host1 "$ds" file)" "new of $ds"
	is "$(on host1 zfs list -Hro name tank | grep -c "${ds##*/}_kept_[0-9TZ]*\$")" 1
	is "$(get host1 "$(on host1 zfs list -Hro name tank | grep "${ds##*/}_kept_[0-9TZ]*\$")" file)" "not sent of $ds"
done
is "$(get host1 tank/a/b/mine file)" 'of mine'
for ds in $tree; do leads host2 "$ds"; done
expect_status 0 zrep takeover tank/a
for ds in $tree; do leads host1 "$ds"; done
is "$(prop host1 tank/a/b/mine readonly)" off

# Giving up, they go together as well.
echo "not sent" | put host1 tank/a/b/c file
lab cut
expect_status 0 zrep failover -L tank/a/b
lab join
leads host1 tank/a
for ds in tank/a/b tank/a/b/c; do is "$(roles host1 $ds)" "- host2 $ds host1 $ds - on"; done
is "$(get host1 tank/a/b/mine file)" 'of mine'
expect_status 0 on host2 zrep takeover tank/a/b
leads host2 tank/a/b
leads host2 tank/a/b/c
