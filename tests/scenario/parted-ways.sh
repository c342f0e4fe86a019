#!/bin/bash
# Somebody made the replica writable and worked on it, and the master went on. Every verb that looks tells both ways out, and
# each of them, as it is told, ends with the pair in step and all that was written somewhere.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
echo one | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
worked_on() {
	on host2 zfs set readonly=off tank/a
	echo "$1" | put host2 tank/a replicas
	on host2 zfs snapshot "tank/a@$1"
	echo "$1" | put host1 tank/a masters
}
ways=("on host2, zrep rejoin tank/a" "on host1, zrep sync -f tank/a" "on host2, zrep takeover -L tank/a" "on host1, zrep rejoin tank/a")

worked_on evening
expect_status 3 zrep sync tank/a
says '@evening' "${ways[@]}"
for host in host1 host2; do
	expect_status 2 on $host zrep check tank/a
	says "${ways[@]}"
	expect_status 1 on $host zrep doctor tank/a
	says "${ways[@]}"
done
expect_status 3 zrep failover tank/a
says "${ways[@]}"

# The master's is right, and what the replica had is kept.
expect_status 0 on host2 zrep rejoin tank/a
expect_status 0 zrep sync tank/a
expect_status 0 zrep check tank/a
is "$(get host2 tank/a masters)" evening
is "$(get host2 "$(kept host2)" replicas)" evening
on host2 zfs destroy -r "$(kept host2)"

# The same, discarded.
worked_on night
expect_status 3 zrep sync tank/a
expect_status 0 zrep sync -f tank/a
on host2 zfs inherit readonly tank/a
on host2 zfs set readonly=on tank/a
expect_status 0 zrep check tank/a

# The replica's is right, and what the master had is kept.
worked_on morning
expect_status 3 zrep sync tank/a
expect_status 0 on host2 zrep -y takeover -L tank/a
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
expect_status 0 on host2 zrep check tank/a
is "$(get host1 tank/a replicas)" morning
is "$(get host1 "$(kept host1)" masters)" morning
