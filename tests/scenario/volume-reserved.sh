#!/bin/bash
# A thick volume needs room for a snapshot of what was written, and its replica for what is to come beside what is reserved
# for it. check tells before a sync fails for it.
# needs: userspace
. "$(dirname "$0")/lib.sh"

for host in host1 host2; do
	on $host sh -c 'truncate -s 320M ~/disk-small; zpool create -O mountpoint=none small ~/disk-small'
done
on host1 zfs create -V 64M small/v
head -c 4M /dev/urandom | put host1 small/v 0
expect_status 0 zrep init small/v host2 small/v
head -c 1M /dev/urandom | put host1 small/v 0
expect_status 0 zrep sync small/v
expect_status 0 zrep check small/v

# No room for a snapshot.
head -c 40M /dev/urandom | put host1 small/v 0
on host1 zpool sync
expect_status 0 zrep check small/v
left=$(prop host1 small available)
on host1 zfs create -o reservation=$((left - (24 << 20))) small/other
expect_status 2 zrep check small/v
says 'small/v on host1 has a reservation, so that the next snapshot of it takes 4' 'MiB, and there is room for '
expect_status 1 zrep sync small/v
on host1 zfs destroy small/other

# No room for what comes, beside what is reserved.
left=$(prop host2 small available)
on host2 zfs create -o reservation=$((left - (24 << 20))) small/other
expect_status 2 zrep check small/v
says 'small/v on host2 has room for ' 'are not sent yet'
expect_status 1 zrep sync small/v
on host2 zfs destroy small/other
expect_status 0 zrep sync small/v
expect_status 0 zrep check small/v

# It has grown, and there is no room for the rest of the reservation.
left=$(prop host2 small available)
on host2 zfs create -o reservation=$((left - (24 << 20))) small/other
on host1 zfs set volsize=96M small/v
expect_status 1 zrep check small/v
says 'small/v on host2 cannot be reserved the whole of its 96.0 MiB'
on host2 zfs destroy small/other
expect_status 0 zrep sync small/v
expect_status 0 zrep check small/v
