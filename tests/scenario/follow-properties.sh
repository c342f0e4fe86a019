#!/bin/bash
# What is set on the master, or comes to it from above, its replica has with the next sync, and so does the new master.
. "$(dirname "$0")/lib.sh"

equal() { # equal PROPERTY...: both sides have it
	local prop
	for prop; do is "$(prop host2 tank/a "$prop")" "$(prop host1 tank/parent/a "$prop")"; done
}

on host1 zfs create -o acltype=posix -o xattr=sa -o recordsize=16K -o exec=off tank/parent
on host1 zfs create -o dedup=verify tank/parent/a
echo "first words" | put host1 tank/parent/a file
unchanged expect_status 0 zrep -n init tank/parent/a host2 tank/a
expect_status 0 zrep init tank/parent/a host2 tank/a
equal acltype xattr recordsize exec
is "$(prop host2 tank/a dedup)" off
expect_status 0 zrep check tank/parent/a

# Changed later: check says so before, the next sync sets it and says so, although nothing was written.
on host1 zfs set compression=zstd atime=off sync=always snapdir=visible com.example:note=x tank/parent/a
on host1 zfs set logbias=throughput canmount=noauto tank/parent
expect_status 0 zrep check -v tank/parent/a
says 'tank/a on host2 has other properties than tank/parent/a on host1' 'compression=off, not zstd' \
	'logbias=latency, not throughput' 'the next `zrep sync tank/parent/a` on host1 sets them'
expect_status 1 zrep doctor tank/parent/a
says 'atime=on, not off'
unchanged expect_status 0 zrep -n sync tank/parent/a
says 'set tank/a atime=off compression=zstd logbias=throughput snapdir=visible sync=always'
expect_status 0 zrep sync tank/parent/a
says 'tank/a on host2 gets the properties of tank/parent/a on host1: atime=off,compression=zstd,logbias=throughput'
equal compression atime sync snapdir logbias
is "$(prop host2 tank/a com.example:note)" -
is "$(prop host2 tank/a canmount)" on
expect_status 0 zrep check tank/parent/a

# Somebody has it otherwise after all, or it could not be set: that is more than what is yet to come.
on host2 zfs set compression=lz4 tank/a
expect_status 1 zrep check tank/parent/a
says 'although a sync was to set them: compression=lz4, not zstd' 'or says why it cannot'
expect_status 0 zrep sync tank/parent/a
equal compression
expect_status 0 zrep check tank/parent/a

# Without a difference nothing is set: no transaction is waited for, but for the mark.
expect_status 0 zrep -n sync tank/parent/a
says_not compression
expect_status 0 zrep sync tank/parent/a
says_not properties

# Back to what comes from above: the value counts.
on host1 zfs inherit compression tank/parent/a
expect_status 0 zrep sync all
equal compression

# What may only be lessened: taken back with the source's, and what comes from above the replica stays.
on host2 zfs create -o setuid=off tank/strict
on host1 zfs create -o exec=off tank/b
echo "first words" | put host1 tank/b file
expect_status 0 zrep init tank/b host2 tank/strict/b
is "$(prop host2 tank/strict/b exec),$(prop host2 tank/strict/b setuid)" off,off
on host1 zfs inherit exec tank/b
expect_status 0 zrep sync tank/b
is "$(prop host2 tank/strict/b exec),$(on host2 zfs get -Ho source exec tank/strict/b)" on,default
expect_status 1 zrep check tank/b
says 'tank/strict/b on host2 has restrictions from what is above it' 'setuid=off, not on' \
	'on host2: zfs set setuid=on tank/strict/b; or, if it is to stay so, on host1: zrep init -x setuid tank/b host2 tank/strict/b'
expect_status 0 zrep init -x setuid tank/b host2 tank/strict/b
expect_status 0 zrep check tank/b


# A failover begins with a sync: the new master has all of it, and its replica follows it.
on host1 zfs set primarycache=metadata tank/parent/a
expect_status 0 zrep failover tank/parent/a
says 'primarycache=metadata'
equal acltype xattr recordsize exec compression atime sync snapdir logbias primarycache
on host2 zfs set atime=on compression=gzip tank/a
expect_status 0 on host2 zrep check -v tank/a
says 'atime=off, not on'
expect_status 0 on host2 zrep sync tank/a
equal atime compression
expect_status 0 on host2 zrep check tank/a
