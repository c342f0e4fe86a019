#!/bin/bash
# Several datasets at once: named, all of them, and all whose other side is on one host.
. "$(dirname "$0")/lib.sh"

for ds in a b c; do pair tank/$ds; done
on host1 zfs create tank/here
on host1 zfs create tank/backup
zrep init tank/here localhost tank/backup/here
for ds in a b c; do echo "new in $ds" | put host1 tank/$ds file; done
refuses 3 zrep failover all nowhere
says 'no dataset on host1 is a master with its other side on nowhere'
unchanged expect_status 2 zrep failover tank/a nowhere
says 'the other side of tank/a on host1 is not on nowhere'
expect_status 0 zrep failover tank/a tank/b host2
for ds in a b; do
	is "$(get host2 tank/$ds file)" "new in $ds"
	leads host2 tank/$ds
done
leads host1 tank/c
expect_status 0 zrep failover all host2
leads host2 tank/c
is "$(prop host1 tank/here zrep:master)" yes
expect_status 0 zrep takeover all host2
for ds in a b c; do leads host1 tank/$ds; done

# One that cannot does not hold up the others.
spoil host2 tank/b mine
expect_status 3 zrep failover all
says 'tank/b on host2 was changed'
leads host2 tank/a
leads host2 tank/c
led_by host1 tank/b
is "$(roles host1 tank/backup/here)" 'yes localhost tank/backup/here host1 tank/here - off'
unspoil host2 tank/b mine
expect_status 0 on host2 zrep takeover all
leads host2 tank/b
refuses 3 on host2 zrep takeover all
says 'no dataset on host2 is a replica'

# Each is a story of its own when the other side is not asked.
lab cut
expect_status 0 zrep -y takeover -L all host2
lab join
for ds in a b c; do
	is "$(prop host1 tank/$ds zrep:epoch)" $(($(prop host2 tank/$ds zrep:epoch) + 101))
done
expect_status 0 zrep rejoin tank/a tank/b tank/c
for ds in a b c; do leads host1 tank/$ds; done
