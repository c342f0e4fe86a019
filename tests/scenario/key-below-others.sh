#!/bin/bash
# A replica that used the key of what is above it gets one of its own, since its master's was changed. What is below it and
# used that key as well, which no pair has, is still opened by it; where that cannot be, nothing is done.
. "$(dirname "$0")/lib.sh"

enc=(-o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000)
load() { on "$1" sh -c "echo $3 | zfs load-key $2"; } # load HOST DATASET KEY
d=tank/enc/data
on host1 sh -c "echo first-phrase | zfs create ${enc[*]} tank/enc; zfs create $d; zfs create $d/local; zfs create $d/local/deep"
for ds in local local/deep; do echo "of $ds" | put host1 $d/$ds file; done
echo 'of data' | put host1 $d file
expect_status 0 zrep init $d host2 tank/data
load host2 tank/data first-phrase
expect_status 0 zrep failover $d
on host2 sh -c 'printf "second-phrase\nsecond-phrase\n" | zfs change-key -o pbkdf2iters=100000 tank/data'

# A clone has the key of its origin, which is elsewhere and would go along.
on host1 sh -c "zfs create tank/enc/x; zfs snapshot tank/enc/x@s; zfs clone tank/enc/x@s $d/clone"
expect_status 3 on host2 zrep sync tank/data
says "cannot be given a key of its own on host1: $d/clone is a clone of tank/enc/x@s" "on host1: zfs rename $d/clone"
is "$(prop host1 $d encryptionroot)" tank/enc
is "$(prop host1 $d/local encryptionroot)" tank/enc
on host1 zfs rename $d/clone tank/enc/clone

expect_status 0 on host2 zrep sync tank/data
says "$d on host1 used the key of tank/enc there" "$d/local" "zfs load-key $d/local"
is "$(prop host1 tank/enc/x encryptionroot)" tank/enc
lab kill host1
lab start host1
load host1 $d/local first-phrase
load host1 $d second-phrase
for ds in local local/deep; do is "$(get host1 $d/$ds file)" "of $ds"; done
is "$(get host1 $d file)" 'of data'
expect_status 0 on host2 zrep check tank/data
expect_status 0 on host2 zrep failover tank/data
is "$(get host1 $d file)" 'of data'
