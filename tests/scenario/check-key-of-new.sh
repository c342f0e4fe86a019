#!/bin/bash
# A dataset with a key of its own is made in a tree: that its copy could not be written to is told before it is there, and what
# check names mends it. One that uses the tree's key is none of those.
. "$(dirname "$0")/lib.sh"

secret='echo 12345678 | zfs create -o encryption=on -o keyformat=passphrase "$1"'
on host1 zfs create tank/e
echo 1 | put host1 tank/e file
zrep init -R tank/e host2 tank/e
unchanged expect_status 0 zrep check tank/e
on host1 sh -c "$secret" sh tank/e/f
echo 1 | put host1 tank/e/f file
for host in host1 host2; do
	unchanged expect_status 2 on "$host" zrep check tank/e
	says 'a dataset below cannot move with it' 'tank/e/f on host1 has a key of its own' 'on host1: zrep sync tank/e; then on host2: zfs load-key tank/e/f'
done
expect_status 3 zrep failover tank/e
leads host1 tank/e
on host2 sh -c 'echo 12345678 | zfs load-key tank/e/f'
unchanged expect_status 0 zrep check tank/e

on host1 zfs create tank/e/f/g
echo 1 | put host1 tank/e/f/g file
unchanged expect_status 0 zrep check tank/e
expect_status 0 zrep failover tank/e
for d in tank/e tank/e/f tank/e/f/g; do leads host2 "$d"; done
