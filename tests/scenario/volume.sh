#!/bin/bash
# A volume is replicated as a filesystem is.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -V 32M tank/v
head -c 1000000 /dev/urandom | put host1 tank/v 4096
expect_status 0 zrep init tank/v host2 tank/v
same 4096+1000000 host1 tank/v host2 tank/v
head -c 300000 /dev/urandom | put host1 tank/v 20000000
expect_status 0 zrep sync tank/v
same 20000000+300000 host1 tank/v host2 tank/v
same 4096+1000000 host1 tank/v@zrep_000000 host2 tank/v@zrep_000000
is "$(prop host2 tank/v readonly)" on

# It grows, and its replica with it.
on host1 zfs set volsize=48M tank/v
head -c 300000 /dev/urandom | put host1 tank/v 40000000
expect_status 0 zrep sync tank/v
is "$(prop host2 tank/v volsize)" $((48 << 20))
same 40000000+300000 host1 tank/v host2 tank/v
