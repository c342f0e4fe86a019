#!/bin/bash
# needs: userspace
# The destination was named as a user's account, or by a name that only ssh knows: the role moves both ways.
. "$(dirname "$0")/lib.sh"

mkdir "$LAB_DIR/alias"
sed 's/^Host host2$/Host backup-host/' "$LAB_DIR/host2/ssh_host" >"$LAB_DIR/alias/ssh_host"
account=$(id -un)@host2
for to in "$account" backup-host; do
	ds=tank/${to%@*}
	on host1 zfs create "$ds"
	zrep init "$ds" "$to" "$ds"
	echo "to host2" | put host1 "$ds" file
	expect_status 0 zrep failover "$ds"
	is "$(get host2 "$ds" file)" 'to host2'
	echo "on host2" | put host2 "$ds" file
	expect_status 0 on host2 zrep sync "$ds"
	same file host1 "$ds" host2 "$ds"
	expect_status 0 on host2 zrep failover "$ds"
	echo "on host1" | put host1 "$ds" file
	expect_status 0 zrep sync "$ds"
	same file host1 "$ds" host2 "$ds"
	expect_status 0 on host2 zrep takeover "$ds"
	expect_status 0 zrep takeover "$ds"
done
is "$(prop host1 "tank/${account%@*}" zrep:dest-host)" "$account"

# Without the other side, and back.
lab cut
expect_status 0 on host2 zrep -y takeover -L all
lab join
for to in "${account%@*}" backup-host; do
	expect_status 0 zrep rejoin "tank/$to"
	expect_status 0 on host2 zrep sync "tank/$to"
done
