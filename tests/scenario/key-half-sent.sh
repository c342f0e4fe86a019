#!/bin/bash
# The key of a tree is changed, and the master dies when one of it has got the new key and what it inherits from has not:
# whoever takes over can read both, each by its own.
. "$(dirname "$0")/lib.sh"

enc=(-o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000)
load() { on host2 sh -c "echo $2 | zfs load-key $1"; }
on host1 sh -c "echo first-phrase | zfs create ${enc[*]} tank/e; zfs create tank/e/heir"
for ds in e e/heir; do echo "of $ds" | put host1 tank/$ds file; done
expect_status 0 zrep init -R tank/e host2 tank/e
expect_status 0 zrep sync tank/e
is "$(prop host2 tank/e/heir encryptionroot)" tank/e
on host1 sh -c 'printf "second-phrase\nsecond-phrase\n" | zfs change-key -o pbkdf2iters=100000 tank/e'
expect_status 0 zrep sync tank/e/heir
load tank/e first-phrase
is "$(prop host2 tank/e/heir keystatus)" available
! get host2 tank/e/heir file 2>/dev/null || fail 'the former key opens it'
expect_status 2 on host2 zrep status -m tank/e/heir
says 'tank/e/heir on host2 uses the key of tank/e, which does not open it' 'on host1: zrep sync tank/e/heir'
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/e
says 'tank/e/heir on host2 used the key of tank/e, which does not open it' 'zfs load-key tank/e/heir'
load tank/e/heir second-phrase
for ds in e e/heir; do is "$(get host2 tank/$ds file)" "of $ds"; done

# Back on the other side, each has the key that it has here.
lab start host1
expect_status 0 zrep rejoin tank/e
expect_status 0 on host2 zrep sync tank/e
expect_status 0 on host2 zrep sync tank/e
lab kill host1
lab start host1
is "$(prop host1 tank/e encryptionroot) $(prop host1 tank/e/heir encryptionroot)" 'tank/e tank/e/heir'
on host1 sh -c 'echo first-phrase | zfs load-key tank/e; echo second-phrase | zfs load-key tank/e/heir'
expect_status 0 on host2 zrep check tank/e
expect_status 0 on host2 zrep failover tank/e
for ds in e e/heir; do is "$(get host1 tank/$ds file)" "of $ds"; done
