#!/bin/bash
# The replica had been written to, and takes over without the master: what it has is what it leads with.
. "$(dirname "$0")/lib.sh"

pair
on host2 zfs set readonly=off tank/a
echo "words of the replica's own" | put host2 tank/a own
on host2 zfs snapshot tank/a@own
on host2 zfs set readonly=on tank/a
refuses 3 on host2 zrep takeover tank/a
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
is "$(roles host2)" 'yes host2 tank/a host1 tank/a - off'
is "$(get host2 tank/a own)" "words of the replica's own"
is "$(prop host2 tank/a zrep:fork)" "$(guid host2 tank/a@zrep_000000)"
lab start host1
refuses 3 zrep sync tank/a
says superseded
expect_status 0 zrep rejoin tank/a
is "$(kept host1)" ''
is "$(get host1 tank/a own)" "words of the replica's own"
leads host2
is "$(guid host1 tank/a@own)" "$(guid host2 tank/a@own)"
