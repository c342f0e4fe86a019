#!/bin/bash
# A chain A to B to C: A is taken back to an older snapshot, and leads from there. B, which passes on what it receives, is not rolled
# back; what is printed keeps aside what it has beyond that, and the chain goes on.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep
lab up host3

pair
on host2 zrep -t c init tank/a host3 tank/a >/dev/null
zrep sync tank/a >/dev/null
first=$(snaps host1 tank/a | sed 's/.* //')
echo two | put host1 tank/a two
zrep sync tank/a >/dev/null
on host2 zrep -t c sync tank/a >/dev/null
expect_status 0 zrep -y failover -L "tank/a@$first"
expect_status 0 zrep takeover tank/a
fails 3 host1 zrep sync tank/a
says 'it has newer snapshots' 'is not rolled back under tag zrep'
remedy host2 'zrep rejoin tank/a'
is "$(get host2 "$(kept host2)" two)" two
echo three | put host1 tank/a three
zrep sync tank/a >/dev/null
fails 3 host2 zrep -t c sync tank/a
remedy host3 'zrep -t c rejoin tank/a'
expect_status 0 on host2 zrep -t c sync tank/a
same three host1 tank/a host3 tank/a
is "$(get host3 "$(kept host3)" two)" two
