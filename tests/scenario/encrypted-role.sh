#!/bin/bash
# An encrypted dataset changes its master, with its key loaded on both sides.
. "$(dirname "$0")/lib.sh"

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex tank/e"
echo "secret words" | put host1 tank/e file
zrep init tank/e host2 tank/e
on host2 sh -c "echo $key | zfs load-key tank/e"
for host in host2 host1; do
	echo "on the way to $host" | put "$(other $host)" tank/e file
	expect_status 0 on $host zrep takeover tank/e
	is "$(get $host tank/e file)" "on the way to $host"
	leads $host tank/e
done

lab cut
expect_status 0 on host2 zrep -y takeover -L tank/e
lab join
echo "secret words that were not sent" | put host1 tank/e file
on host1 zfs snapshot tank/e@mine
expect_status 0 zrep rejoin tank/e
kept=$(kept host1 tank/e)
is "$(prop host1 tank/e encryption)" "$(prop host2 tank/e encryption)"

# ZFS forgets a key when it promotes: it is said, and asked for before the role can come back.
says 'zfs load-key tank/e'
refuses 3 on host2 zrep failover tank/e
says 'the key of tank/e on host1 is not loaded'
on host1 sh -c "echo $key | zfs load-key tank/e"
is "$(get host1 "$kept" file)" 'secret words that were not sent'
leads host2 tank/e
expect_status 0 on host2 zrep failover tank/e
leads host1 tank/e
