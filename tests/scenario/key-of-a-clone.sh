#!/bin/bash
# A clone has its key in one place with its origin. Both used the key of what is above them, and get that of the origin's new
# master with one sync.
. "$(dirname "$0")/lib.sh"

enc=(-o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000)
load() { on "$1" sh -c "echo $3 | zfs load-key $2"; } # load HOST DATASET KEY
on host1 sh -c "echo first-phrase | zfs create ${enc[*]} tank/enc; zfs create tank/enc/origin"
echo 'of origin' | put host1 tank/enc/origin file
expect_status 0 zrep init tank/enc/origin host2 tank/origin
on host1 zfs clone tank/enc/origin@zrep_000000 tank/enc/clone
echo 'of clone' | put host1 tank/enc/clone more
expect_status 0 zrep init tank/enc/clone host2 tank/clone
is "$(prop host2 tank/clone encryptionroot)" tank/origin
load host2 tank/origin first-phrase
for ds in origin clone; do expect_status 0 zrep failover tank/enc/$ds; done
on host2 sh -c 'printf "second-phrase\nsecond-phrase\n" | zfs change-key -o pbkdf2iters=100000 tank/origin'

# Not by itself: what is done to its key is done to that of its origin.
expect_status 3 on host2 zrep sync tank/clone
says 'tank/enc/clone is a clone of tank/enc/origin@zrep_000000' 'sync tank/enc/origin first'
is "$(prop host1 tank/enc/clone encryptionroot)" tank/enc
expect_status 0 on host2 zrep sync all
is "$(prop host1 tank/enc/origin encryptionroot) $(prop host1 tank/enc/clone encryptionroot)" 'tank/enc/origin tank/enc/origin'
lab kill host1
lab start host1
load host1 tank/enc/origin second-phrase
is "$(get host1 tank/enc/origin file) $(get host1 tank/enc/clone more)" 'of origin of clone'
expect_status 0 on host2 zrep check
