#!/bin/bash
# needs: userspace
# As in key-half-sent, and who takes over may not give a key of its own: then the new master tells that it could not be read,
# and doctor --fix gives it one.
. "$(dirname "$0")/lib.sh"

enc=(-o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000)
load() { on host2 sh -c "echo $2 | zfs load-key $1"; }
on host1 sh -c "echo first-phrase | zfs create ${enc[*]} tank/e; zfs create tank/e/heir"
for ds in e e/heir; do echo "of $ds" | put host1 tank/$ds file; done
expect_status 0 zrep init -R tank/e host2 tank/e
expect_status 0 zrep sync tank/e
on host1 sh -c 'printf "second-phrase\nsecond-phrase\n" | zfs change-key -o pbkdf2iters=100000 tank/e'
expect_status 0 zrep sync tank/e/heir
lab kill host1
on host2 zfs allow -u 1000 create,destroy,hold,mount,receive,release,rollback,send,snapshot,userprop,readonly tank
expect_status 1 on host2 env "${user[@]}" zrep -y takeover -L tank/e
says 'change-key'
is "$(prop host2 tank/e/heir encryptionroot)" tank/e
is "$(prop host2 tank/e/heir zrep:switch)" -
expect_status 2 on host2 zrep status -m tank/e/heir
says 'tank/e/heir on host2 uses the key of tank/e, which does not open it' 'on host2: zrep doctor --fix tank/e/heir'
expect_status 2 on host2 zrep check -v tank/e/heir
says 'on host2: zrep doctor --fix tank/e/heir'
on host2 zrep doctor --fix tank/e/heir || true # the other side is away, which it says
is "$(prop host2 tank/e/heir encryptionroot)" tank/e/heir
load tank/e first-phrase
load tank/e/heir second-phrase
for ds in e e/heir; do is "$(get host2 tank/$ds file)" "of $ds"; done
expect_status 2 on host2 zrep check -v tank/e/heir
says_not 'does not open it'
