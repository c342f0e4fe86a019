#!/bin/bash
# check and the room that a tree has on the other side: its datasets share it, and a limit of the replica's that is lifted hides
# nothing of what is beyond it.
. "$(dirname "$0")/lib.sh"

# checks STATUS: zrep check tells that of the tree.
checks() { unchanged expect_status "$1" zrep check tank/e; }
full() { on host2 zfs set reservation=$(($(prop host2 tank available) + $(prop host2 tank/full reservation) - ($1 << 20))) tank/full; }

on host2 zfs create tank/full
on host1 zfs create -p tank/e/f
zrep init -R tank/e host2 tank/e
zrep sync tank/e
for d in tank/e tank/e/f; do fill host1 "$d" more 9; done
on host1 zpool sync tank
checks 0
full 14
checks 2
says 'ZREP CRITICAL - tank/e: tank/e on host2 has room for ' ' of it and of what is below it are not sent yet'
expect_status 1 zrep failover tank/e
full 6
on host2 zfs set quota=$(($(prop host2 tank/e used) + 1000000)) tank/e
checks 2
says 'ZREP CRITICAL - tank/e: tank/e on host2 has room for ' 'MiB are not sent yet'
full 40
checks 1
says 'ZREP WARNING - tank/e: the last run on host1 failed '
says_not ' room for '
expect_status 0 zrep failover tank/e
for d in tank/e tank/e/f; do same more host1 "$d" host2 "$d"; done
