#!/bin/bash
# Thick volumes and sparse ones: what is reserved stays reserved, wherever the master is, also when it grows.
. "$(dirname "$0")/lib.sh"

resv() { prop "$1" "$2" refreservation; }
bytes() { head -c 300000 /dev/urandom | put "$1" "$2" "$3"; }
on host1 zfs create -V 32M tank/thick
on host1 zfs create -s -V 32M -o volblocksize=64k tank/sparse
on host1 zfs create -V 32M tank/loose # its replica is made sparse
thick=$(resv host1 tank/thick)
[[ $thick -gt $((32 << 20)) ]] || fail "a thick volume reserves $thick bytes"
for v in thick sparse loose; do
	bytes host1 tank/$v 0
	expect_status 0 zrep init tank/$v host2 tank/$v
done
is "$(resv host2 tank/thick)" "$thick"
is "$(resv host2 tank/sparse) $(prop host2 tank/sparse volblocksize)" '0 65536'
on host2 zfs set refreservation=none tank/loose

# They grow between two syncs, and nothing else is written.
for v in thick sparse loose; do
	on host1 zfs set volsize=48M tank/$v
	expect_status 0 zrep sync tank/$v
	is "$(prop host2 tank/$v volsize)" $((48 << 20))
	bytes host1 tank/$v 40000000
	expect_status 0 zrep sync tank/$v
	same 40000000+300000 host1 tank/$v host2 tank/$v
done
thick=$(resv host1 tank/thick)
is "$(resv host2 tank/thick) $(resv host2 tank/sparse) $(resv host2 tank/loose)" "$thick 0 0"
expect_status 0 zrep sync all
says '3 unchanged, 0 failed'

# The role moves with it, and they grow there.
for v in thick sparse; do
	expect_status 0 zrep failover tank/$v
	bytes host2 tank/$v 20000000
	on host2 zfs set volsize=64M tank/$v
	bytes host2 tank/$v 60000000
	expect_status 0 on host2 zrep failover tank/$v
	same 60000000+300000 host1 tank/$v host2 tank/$v
	is "$(prop host1 tank/$v volsize) $(prop host2 tank/$v volsize)" "$((64 << 20)) $((64 << 20))"
done
is "$(resv host1 tank/thick)" "$(resv host2 tank/thick)"
[[ $(resv host1 tank/thick) -gt $((64 << 20)) ]] || fail 'what has come back is not reserved'
is "$(resv host1 tank/sparse) $(resv host2 tank/sparse)" '0 0'

# They shrink.
on host1 zfs set volsize=16M tank/thick
expect_status 0 zrep sync tank/thick
is "$(prop host2 tank/thick volsize)" $((16 << 20))
same 0+300000 host1 tank/thick host2 tank/thick

# No room there for what is reserved: said before anything is sent. And for more than there was: said, and the data
# is there all the same.
on host2 zfs create -V 5G tank/others
on host1 zfs create -V 4G tank/large
refuses 3 zrep init tank/large host2 tank/large
says 'tank/large on host1 takes about 4' 'left'
on host1 zfs destroy tank/large
on host1 zfs set volsize=4G tank/thick
bytes host1 tank/thick 3000000000
expect_status 0 zrep sync tank/thick
says "host2: cannot set property for 'tank/thick': size is greater than available space; host2 says: free space in pool tank on host2"
same 3000000000+300000 host1 tank/thick host2 tank/thick
on host2 zfs destroy tank/others
expect_status 0 zrep sync tank/thick
is "$(resv host2 tank/thick)" "$(resv host1 tank/thick)"
