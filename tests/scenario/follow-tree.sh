#!/bin/bash
# In a tree, what comes from the root on the master comes from the root on the replica; what one has of its own, it has there.
. "$(dirname "$0")/lib.sh"

from() { on "$1" zfs get -Ho source "$3" "$2"; } # from HOST NAME PROPERTY

on host1 zfs create -o compression=lz4 -o atime=off tank/t
on host1 zfs create tank/t/a
on host1 zfs create -o compression=gzip tank/t/a/b
on host2 zfs create -o atime=on -o compression=zle -o sync=disabled tank/backup
expect_status 0 zrep init -R tank/t host2 tank/backup/t
is "$(prop host2 tank/backup/t compression) $(prop host2 tank/backup/t sync)" 'lz4 standard'
is "$(from host2 tank/backup/t/a compression)" 'inherited from tank/backup/t'
is "$(prop host2 tank/backup/t/a/b compression)" gzip
expect_status 0 zrep check tank/t

# The root's is changed: one step there, and all that is below has it.
on host1 zfs set compression=zstd recordsize=32K tank/t
expect_status 0 zrep check -v tank/t
says 'compression=lz4, not zstd'
expect_status 0 zrep sync tank/t
says 'tank/backup/t on host2 gets the properties of tank/t on host1: compression=zstd,recordsize=32768'
says_not 'tank/backup/t/a on host2 gets'
is "$(prop host2 tank/backup/t/a compression) $(from host2 tank/backup/t/a compression)" 'zstd inherited from tank/backup/t'
is "$(prop host2 tank/backup/t/a/b compression) $(prop host2 tank/backup/t/a/b recordsize)" 'gzip 32768'
expect_status 0 zrep check tank/t tank/t/a tank/t/a/b

# One gets its own, and another has it from above again; both in the same run as a change of the root.
on host1 zfs set compression=zstd tank/t/a # as the root has it now
on host1 zfs set compression=lz4 tank/t
on host1 zfs inherit compression tank/t/a/b
on host1 zfs set compression=lz4 tank/t/a
on host1 zfs inherit compression tank/t/a
expect_status 0 zrep sync tank/t
is "$(prop host2 tank/backup/t/a compression) $(prop host2 tank/backup/t/a/b compression)" 'lz4 lz4'
is "$(from host2 tank/backup/t/a/b compression)" 'inherited from tank/backup/t'
on host1 zfs set compression=lz4 tank/t/a # stays when the root goes on
on host1 zfs set compression=gzip tank/t
expect_status 0 zrep sync tank/t
is "$(prop host2 tank/backup/t/a compression) $(prop host2 tank/backup/t/a/b compression)" 'lz4 lz4'
is "$(prop host2 tank/backup/t compression)" gzip
expect_status 0 zrep check tank/t tank/t/a tank/t/a/b

# What comes later has its own, and what comes from above.
on host1 zfs create -o atime=on tank/t/new
expect_status 0 zrep sync tank/t
is "$(prop host2 tank/backup/t/new atime) $(from host2 tank/backup/t/new compression)" 'on inherited from tank/backup/t'
expect_status 0 zrep check tank/t

expect_status 0 zrep failover tank/t
for d in '' /a /a/b /new; do
	for p in compression atime recordsize sync; do
		is "$(prop host2 tank/backup/t$d $p)" "$(prop host1 tank/t$d $p)"
	done
done
on host2 zfs set atime=on tank/backup/t
expect_status 0 on host2 zrep sync tank/backup/t
is "$(prop host1 tank/t/a/b atime)" on
