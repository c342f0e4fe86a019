#!/bin/bash
# The replica's pool is older: which feature of which pool is lacking is said before anything is sent, by check and doctor
# where a feature comes into use later, and what they name mends it.
. "$(dirname "$0")/lib.sh"

on host2 sh -c 'truncate -s 300M ~/disk; f=; for x in async_destroy empty_bpobj lz4_compress spacemap_histogram enabled_txg hole_birth extensible_dataset embedded_data bookmarks filesystem_limits; do f="$f -o feature@$x=enabled"; done; zpool create -d $f -O mountpoint=none old ~/disk'

# lacks FEATURE: said by init; nothing is there then; as it is told, it works.
lacks() { # NAME FEATURE
	refuses 3 zrep init "tank/$1" host2 "old/$1"
	says "pool old on host2 has not enabled the feature $2, which tank/$1 on host1 needs" "zpool set feature@$2=enabled old"
	! on host2 zfs list "old/$1" >/dev/null 2>&1 || fail "old/$1 was made"
	on host2 zpool set "feature@$2=enabled" old
}
on host1 zfs create -o recordsize=1M tank/large
head -c 2M /dev/urandom | put host1 tank/large file
lacks large large_blocks
expect_status 0 zrep init tank/large host2 old/large

on host1 sh -c 'echo 12345678 | zfs create -o encryption=on -o keyformat=passphrase tank/secret'
lacks secret encryption

# It comes into use later: check and doctor know before the next sync, and a sync that is refused says where to look.
on host1 zfs create tank/a
echo 1 | put host1 tank/a file
expect_status 0 zrep init tank/a host2 old/a
expect_status 0 zrep check tank/a
on host1 zfs set compression=zstd tank/a
expect_status 2 zrep check tank/a
says 'pool old on host2 has not enabled the feature zstd_compress, which tank/a on host1 needs'
expect_status 1 zrep doctor tank/a
says 'feature zstd_compress' 'on host2: zpool set feature@zstd_compress=enabled old'
head -c 2M /dev/zero | tr '\0' x | put host1 tank/a big
expect_status 1 zrep sync tank/a
says 'cannot receive old/a' 'lacks a feature' 'zrep check -v old/a'
says_not 'run the same command again'
on host2 zpool set feature@zstd_compress=enabled old
expect_status 0 zrep sync tank/a
expect_status 0 zrep check tank/a
same big host1 tank/a host2 old/a
