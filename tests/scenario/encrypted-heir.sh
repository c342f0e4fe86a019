#!/bin/bash
# A dataset that inherits its key is a pair of its own below a pair: it inherits the key on the other side, too, and is loaded
# with that. The role moves there and back, without either side's keys being mixed up.
. "$(dirname "$0")/lib.sh"

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
load() { on "$1" sh -c "echo $key | zfs load-key $2"; }
again() { # HOST: the keys as after a new start
	on "$1" sh -c 'zfs unmount tank/e/heir; zfs unmount tank/e; true' 2>/dev/null
	on "$1" zfs unload-key -a
}
roots() { is "$(prop "$1" tank/e encryptionroot) $(prop "$1" tank/e/heir encryptionroot)" "$2"; }
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex tank/e"
on host1 zfs create tank/e/heir
for ds in e e/heir; do
	echo "of $ds" | put host1 tank/$ds file
	expect_status 0 zrep init tank/$ds host2 tank/$ds
done
roots host2 'tank/e tank/e'
refuses 3 zrep failover tank/e/heir
says 'the key of tank/e/heir on host2 is not loaded' 'on host2: zfs load-key tank/e'
says_not 'load-key tank/e/heir'
load host2 tank/e
for ds in e e/heir; do
	expect_status 0 zrep failover tank/$ds
	leads host2 tank/$ds
done
again host1
for ds in e e/heir; do
	echo "of $ds on host2" | put host2 tank/$ds file
	expect_status 0 on host2 zrep sync tank/$ds
done
refuses 3 on host2 zrep failover tank/e/heir
says 'the key of tank/e/heir on host1 is not loaded' 'on host1: zfs load-key tank/e'
says_not 'load-key tank/e/heir'
roots host1 'tank/e tank/e'
load host1 tank/e
for ds in e e/heir; do
	expect_status 0 zrep takeover tank/$ds
	is "$(get host1 tank/$ds file)" "of $ds on host2"
	leads host1 tank/$ds
done
again host1
load host1 tank/e
is "$(get host1 tank/e/heir file)" "$(get host2 tank/e/heir file)"
