#!/bin/bash
# What is made in an encrypted tree, and uses its key, uses it on the replica as soon as it is there: when the master dies after
# that sync, and was never heard of again, all of it is read and written with the keys that were loaded.
. "$(dirname "$0")/lib.sh"

hex=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo tree-phrase | zfs create -o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000 tank/p
	echo $hex | zfs create -o encryption=on -o keyformat=hex tank/x"
on host1 zfs create tank/p/old
on host1 zfs create tank/x/old
zrep init -R tank/p host2 tank/p
zrep init tank/x host2 tank/x
zrep init tank/x/old host2 tank/x/old # one after the other, no tree
for t in p x; do is "$(prop host2 tank/$t/old encryptionroot)" tank/$t; done
on host2 sh -c "echo tree-phrase | zfs load-key tank/p; echo $hex | zfs load-key tank/x"

on host1 zfs set zrep:recursive=on tank/x
for t in p x; do
	on host1 zfs create tank/$t/new
	on host1 zfs create tank/$t/new/below
	on host1 zfs create -sV 1M tank/$t/volume
	for d in old new new/below; do echo "of $t/$d" | put host1 tank/$t/$d file; done
done
expect_status 0 zrep sync all
for t in p x; do
	for d in old new new/below volume; do is "$(prop host2 tank/$t/$d encryptionroot,keystatus | paste -sd ' ')" "tank/$t available"; done
done
expect_status 0 zrep check
lab kill host1
for t in p x; do
	expect_status 0 on host2 zrep -y takeover -L tank/$t
	for d in old new new/below; do
		is "$(get host2 tank/$t/$d file)" "of $t/$d"
		echo "more of $t/$d" | put host2 tank/$t/$d file
	done
done
