#!/bin/bash
# check and the room that a tree has on the other side: its datasets share it, and a limit of the replica's that is lifted hides
# nothing of what is beyond it. And what the day of the change wants of it: what is to be reserved for the new master, its quota,
# something to write to; and on this side room for one more snapshot.
. "$(dirname "$0")/lib.sh"

# checks STATUS: zrep check tells that of $of.
of=tank/e
checks() { unchanged expect_status "$1" zrep check "$of"; }
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
says 'ZREP WARNING - tank/e' ': the last run on host1 failed '
says_not ' room for '
expect_status 0 zrep failover tank/e
for d in tank/e tank/e/f; do same more host1 "$d" host2 "$d"; done

# What is to be reserved for each of a tree, and for all of them.
expect_status 0 on host2 zrep sync tank/e
expect_status 0 on host2 zrep failover tank/e
full 40
checks 0
on host1 zfs set reservation=30M tank/e/f
checks 0
on host1 zfs create tank/e/g
expect_status 0 zrep sync tank/e
on host1 zfs set reservation=30M tank/e/g
checks 1
says 'as the masters tank/e on host2 and what is below it could not have all that is reserved for them on host1: ' 'lower it on host1'
on host1 zfs set reservation=1M tank/e/g
checks 0
# What is in there counts once; what is for the top alone counts besides.
on host1 zfs create tank/e/f/h
expect_status 0 zrep sync tank/e
on host1 zfs set reservation=28M tank/e/f/h
checks 0
on host1 zfs set refreservation=30M tank/e
checks 1
says 'could not have all that is reserved for them on host1'
on host1 zfs set refreservation=none tank/e
checks 0

# --- the day of the change ---
of=tank/a
full 40
pair tank/a
synced tank/a
checks 0
on host1 zfs set reservation=60M tank/a
checks 1
says 'as the master tank/a on host2 could not have a reservation of 60.0 MiB, because there is room for 3' 'lower it on host1'
on host1 zfs set reservation=30M tank/a
checks 0
on host1 zfs set reservation=none refreservation=50M tank/a
checks 1
says 'as the master tank/a on host2 could not have a refreservation of 50.0 MiB'
on host1 zfs set refreservation=none tank/a

fill host1 tank/a more 6
on host1 zfs set quota=10M tank/a
expect_status 0 zrep sync tank/a
on host2 zfs set zrep:savecount=20 tank/a
on host1 zfs set zrep:savecount=1 tank/a
fill host1 tank/a more 2
expect_status 0 zrep sync tank/a
fill host1 tank/a more 5
on host1 zpool sync tank
checks 1
says 'could not have a quota of 10.0 MiB, because it takes 1' ' with what is not sent yet'
on host1 zfs set quota=none tank/a
expect_status 0 zrep sync tank/a
checks 0
full 0
checks 1
says 'as the master tank/a on host2 could not be written to, nor be synced'
full 40
checks 0

echo 'not sent' | put host1 tank/a file
on host1 zfs create tank/full
on host1 zpool sync tank
on host1 zfs set reservation="$(prop host1 tank available)" tank/full
checks 1
says 'tank/a on host1 has room for ' 'the next snapshot of it, and with that a failover, would fail' 'make room on host1'
expect_status 1 zrep failover tank/a
on host1 zfs destroy tank/full
expect_status 0 zrep failover tank/a
leads host2 tank/a
