#!/bin/bash
# As key-half-sent, of keys without a salt: what tells is that the key that is loaded opens what the child inherits from, and
# not the child.
. "$(dirname "$0")/lib.sh"

hex() { printf "%064d" "$1"; }
load() { on host2 sh -c "echo $2 | zfs load-key $1"; }
on host1 sh -c "echo $(hex 1) | zfs create -o encryption=on -o keyformat=hex tank/e; zfs create tank/e/heir"
for ds in e e/heir; do echo "of $ds" | put host1 tank/$ds file; done
expect_status 0 zrep init -R tank/e host2 tank/e
expect_status 0 zrep sync tank/e
is "$(prop host2 tank/e/heir encryptionroot)" tank/e
on host1 sh -c "echo $(hex 2) | zfs change-key tank/e"
expect_status 0 zrep sync tank/e/heir
load tank/e "$(hex 1)"
expect_status 2 on host2 zrep status -m tank/e tank/e/heir
says 'tank/e/heir on host2 uses the key of tank/e, which does not open it' 'on host1: zrep sync all'
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/e
says 'tank/e/heir on host2 used the key of tank/e, which does not open it' 'zfs load-key tank/e/heir'
is "$(prop host2 tank/e/heir encryptionroot)" tank/e/heir
load tank/e/heir "$(hex 2)"
for ds in e e/heir; do is "$(get host2 tank/$ds file)" "of $ds"; done
