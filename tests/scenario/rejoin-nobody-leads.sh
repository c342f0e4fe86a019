#!/bin/bash
# failover -L --discard died before anything was destroyed, and then somebody says rejoin, which keeps what is newer. Nobody
# leads, so there is nobody to come back to; but the dataset does not stay half-way, and what the refusal names must not be
# what ends the first way. (Found by tests/crash: drop-discard.)
. "$(dirname "$0")/lib.sh"

pair
old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
for host in host1 host2; do
	echo "only here, $host" | put host1 tank/a file
	on host1 zfs set "zrep:switch=back $old discard" zrep:readonly=inherited readonly=on tank/a
	got=0
	on $host zrep -y rejoin tank/a >"$WORK/rejoined" 2>&1 || got=$?
	said=$(cat "$WORK/rejoined")
	printf '%s\n[%d]\n' "$said" "$got"
	says 'tank/a on host1 stays the master, and is writable again'
	led_by host1
	is "$(prop host1 tank/a zrep:switch) $(prop host1 tank/a zrep:readonly)" '- -'
	expect_status 0 zrep takeover tank/a
	is "$(get host1 tank/a file)" "only here, $host"
	expect_status 0 zrep sync tank/a
	old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
done

# The same way is ended, whoever leads.
echo 'only here' | put host1 tank/a file
on host1 zfs set "zrep:switch=back $old discard" zrep:readonly=inherited readonly=on tank/a
on host1 zrep -y rejoin --discard tank/a || true
is "$(prop host1 tank/a zrep:switch) $(prop host1 tank/a zrep:master)" '- -'
expect_status 0 on host2 zrep takeover tank/a
leads host2
