#!/bin/bash
# A dataset that a running zrep script has locked is left alone; a lock of a dead one is none.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
locked() { [[ $(prop "$host" tank/a zrep:lock-pid) =~ ^[0-9]+$ ]]; }
for host in host1 host2; do
	on $host sh -c 'sleep 100 & zfs set zrep:lock-pid=$! zrep:lock-time=20260101000000 tank/a; wait' >/dev/null 2>&1 &
	within 10 locked
	refuses 4 zrep sync tank/a
	says "tank/a on $host is locked by a running zrep script" 'zfs inherit zrep:lock-pid tank/a'
	on $host sh -c 'kill "$(zfs get -Ho value zrep:lock-pid tank/a)"'
	wait
	expect_status 0 zrep sync tank/a
	same file host1 tank/a host2 tank/a
	echo "third words" | put host1 tank/a file
done
for pid in 0 1 -1 none 99999999999; do
	on host1 zfs set "zrep:lock-pid=$pid" tank/a
	expect_status 0 zrep sync tank/a
done
same file host1 tank/a host2 tank/a
