#!/bin/bash
# What was chosen for the replica with -o and -x stays so, at every sync and after a change of roles.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -o compression=lz4 tank/a
echo "first words" | put host1 tank/a file
expect_status 0 zrep init -o compression=zstd -x atime tank/a host2 tank/a
on host1 zfs set compression=gzip atime=off sync=always tank/a
synced
is "$(prop host2 tank/a compression) $(prop host2 tank/a atime) $(prop host2 tank/a sync)" 'zstd on always'
expect_status 0 zrep check tank/a

# It can be chosen later as well.
unchanged expect_status 0 zrep -n init -o sync=standard -x logbias tank/a host2 tank/a
expect_status 0 zrep init -o sync=standard -x logbias tank/a host2 tank/a
says 'for tank/a on host2 is chosen from now on: -atime,compression=zstd,-logbias,sync=standard'
is "$(prop host1 tank/a zrep:props)" '-atime,compression=zstd,-logbias,sync=standard'
on host1 zfs set logbias=throughput tank/a
synced
is "$(prop host2 tank/a sync) $(prop host2 tank/a logbias)" 'standard latency'
unchanged expect_status 0 zrep init -o sync=standard tank/a host2 tank/a
refuses 3 zrep init -o readonly=off tank/a host2 tank/a
expect_status 1 zrep init -o compression=tight tank/a host2 tank/a
is "$(prop host1 tank/a zrep:props)" '-atime,compression=zstd,-logbias,sync=standard'

# The roles change: neither side takes that of the other.
expect_status 0 zrep failover tank/a
led_by host2
on host2 zfs set recordsize=64K tank/a
expect_status 0 on host2 zrep sync tank/a
is "$(prop host1 tank/a compression) $(prop host1 tank/a atime) $(prop host1 tank/a recordsize)" 'gzip off 65536'
expect_status 0 on host2 zrep check tank/a

# What cannot be read is told, and nothing is set by it.
on host2 zfs set zrep:props=, compression=gzip-9 redundant_metadata=most tank/a
expect_status 0 on host2 zrep sync tank/a
is "$(prop host1 tank/a redundant_metadata)" all
expect_status 1 on host2 zrep check tank/a
says 'zrep:props cannot be read'
expect_status 1 on host2 zrep status -m
says 'zrep:props cannot be read'

# A limit that was chosen is one for the day on which it leads.
on host1 zfs create -o quota=100M tank/q
echo "first words" | put host1 tank/q file
expect_status 0 zrep init -o quota=50M tank/q host2 tank/q
fill host1 tank/q big 60
expect_status 0 zrep sync tank/q
is "$(prop host2 tank/q quota) $(prop host2 tank/q zrep:limits)" "0 quota=$((50 << 20))"
expect_status 1 zrep check tank/q
says 'could not have a quota of 50.0 MiB'
