#!/bin/bash
# A pool that is not imported, or is read-only, is no pool that is gone: nobody is told to forget the pair or to force a
# role, nothing is touched, and it goes on when the pool is back.
# needs: userspace
. "$(dirname "$0")/lib.sh"

away() { on "$1" zpool export "$2"; }
back() { on "$1" sh -c "zpool import -d ~ $2"; }
readonly_back() { on "$1" sh -c "zpool import -o readonly=on -d ~ $2"; }

# goes_on: the next sync is well, and everything is there.
goes_on() {
	expect_status 0 zrep sync data/a
	is "$(guid host1 "data/a@$(snaps host1 data/a | grep -o '[^ ]*$')")" \
		"$(guid host2 "usb/a@$(snaps host2 usb/a | grep -o '[^ ]*$')")"
	same file host1 data/a host2 usb/a
}

# harmless: what was said offers nothing that is only right where something is gone.
harmless() {
	says_not 'zrep clear'
	says_not ' -L'
	says_not 'for good'
	says_not 'zfs create'
}

on host2 sh -c 'truncate -s 128M ~/disk-usb; zpool create -O mountpoint=none usb ~/disk-usb'
on host1 sh -c 'truncate -s 128M ~/disk-data; zpool create -O mountpoint=none data ~/disk-data'
on host1 zfs create data/a
echo one | put host1 data/a file
zrep init data/a host2 usb/a
echo two | put host1 data/a file
zrep sync data/a
base=$(snaps host1 data/a)
echo three | put host1 data/a file

# The replica's.
away host2 usb
for cmd in 'sync data/a' 'sync -f data/a' 'failover data/a' '-n sync data/a'; do
	# shellcheck disable=SC2086
	expect_status 3 zrep $cmd
	says 'pool usb is not imported' 'zpool import usb'
	harmless
done
expect_status 2 zrep check data/a
says 'ZREP CRITICAL' 'pool usb is not imported' 'zpool import usb'
harmless
expect_status 1 zrep doctor data/a
says 'pool usb is not imported'
harmless
expect_status 3 zrep init data/a host2 usb/b # it is a pair already
expect_status 3 zrep -t second init data/a host2 usb/b
says 'pool usb on host2, or it is not imported' 'zpool import usb'
harmless
expect_status 1 zrep status -m
says 'ZREP WARNING' 'pool usb is not imported'
expect_status 3 on host2 zrep status usb/a
says 'pool usb is not imported'
expect_status 3 on host2 zrep check usb/a
says 'ZREP UNKNOWN' 'pool usb is not imported' 'zpool import usb'
is "$(snaps host1 data/a)" "$base" # still there, to go on from
back host2 usb
goes_on
expect_status 0 zrep check data/a
expect_status 0 zrep status -m

# The replica's, read-only: no OK, and what is refused is refused before anything is touched.
away host2 usb
readonly_back host2 usb
expect_status 2 zrep check data/a
says 'ZREP CRITICAL' 'pool usb is imported read-only'
expect_status 2 on host2 zrep status -m -a
says 'ZREP CRITICAL' 'pool usb is imported read-only'
expect_status 2 on host2 zrep status -m # which tells of a replica where something is wrong with it
unchanged expect_status 1 zrep failover data/a
says 'usb on host2: the pool is read-only' 'zpool export usb'
harmless
echo four | put host1 data/a file
expect_status 1 zrep sync data/a
says 'the pool is read-only' 'zpool export usb'
expect_status 1 zrep status -m
away host2 usb
back host2 usb
goes_on
expect_status 0 zrep check data/a

# The master's.
away host1 data
expect_status 3 zrep check data/a
says 'ZREP UNKNOWN' 'pool data is not imported' 'zpool import data'
expect_status 3 zrep status data/a
says 'pool data is not imported'
for cmd in 'takeover usb/a' 'refresh usb/a'; do
	# shellcheck disable=SC2086
	expect_status 3 on host2 zrep $cmd
	says 'pool data is not imported' 'on host1: zpool import data'
	harmless
done
expect_status 2 on host2 zrep check
says 'ZREP CRITICAL' 'pool data is not imported'
harmless
expect_status 1 on host2 zrep status -m # the refresh was refused, and its master cannot say so
says 'ZREP WARNING' 'pool data is not imported'
back host1 data
goes_on
expect_status 0 on host2 zrep status -m -a
expect_status 0 on host2 zrep check

# The master's, read-only.
away host1 data
readonly_back host1 data
expect_status 2 zrep check
says 'ZREP CRITICAL' 'pool data is imported read-only'
expect_status 2 zrep status -m
says 'ZREP CRITICAL' 'pool data is imported read-only' 'on host1: zpool export data'
expect_status 2 on host2 zrep check
expect_status 1 zrep sync data/a
says 'data on host1: the pool is read-only'
expect_status 1 on host2 zrep takeover usb/a
says 'data on host1: the pool is read-only'
harmless
away host1 data
back host1 data
goes_on

# In doubt while the other side's pool is away.
on host1 zfs set zrep:switch='leaving 1' data/a
away host2 usb
expect_status 5 zrep sync data/a
says 'is in doubt' 'has not imported its pool' 'on host2: zpool import usb'
harmless
back host2 usb
goes_on

# The pool is there and the dataset is not: clear may be named, with its price, and not alone.
on host2 zfs release zrep "usb/a@$(snaps host2 usb/a | grep -o '[^ ]*$')"
on host2 zfs destroy -r usb/a
expect_status 3 zrep sync data/a
says 'does not exist' 'if it was renamed: on host1, zrep changeconfig data/a host2 NEW-NAME' "zrep clear data/a (which destroys zrep's snapshots of it"
