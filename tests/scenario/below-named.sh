#!/bin/bash
# A master below another one that has its readonly from there, and whose role moves in the same run: both move, in
# whatever order they are named, and from either host.
. "$(dirname "$0")/lib.sh"

for ds in tank/a tank/a/b; do on host1 zfs create "$ds"; done
expect_status 0 zrep init tank/a host2 tank/x
expect_status 0 zrep init tank/a/b host2 tank/y
for order in 'tank/a tank/a/b' 'tank/a/b tank/a' tank/a all; do
	echo "before $order" | put host1 tank/a/b file
	# shellcheck disable=SC2086
	expect_status 0 zrep failover $order
	is "$(get host2 tank/y file)" "before $order"
	for ds in tank/x tank/y; do echo "on host2" | put host2 $ds file; done
	expect_status 0 on host2 zrep failover tank/x tank/y
	is "$(get host1 tank/a/b file)" 'on host2'
done
expect_status 0 on host2 zrep takeover all
for ds in tank/x tank/y; do echo "taken" | put host2 $ds file; done
expect_status 0 zrep takeover all
is "$(get host1 tank/a/b file)" taken
echo last | put host1 tank/a/b file
expect_status 0 on host2 zrep takeover tank/y tank/x
echo "on host2 again" | put host2 tank/y file
