#!/bin/bash
# Two masters of one epoch, because somebody set properties: both refuse, until one is told to give way.
. "$(dirname "$0")/lib.sh"

pair
on host2 zfs set zrep:src-host=host2 zrep:src-fs=tank/a zrep:dest-host=host1 zrep:dest-fs=tank/a zrep:master=yes readonly=off tank/a
fill host1 tank/a mine 3
echo "words of host2" | put host2 tank/a file
on host2 zfs snapshot tank/a@late
for host in host1 host2; do
	for verb in sync failover takeover rejoin; do
		refuses 3 on $host zrep $verb tank/a
		says 'split brain' 'tank/a on host1' 'tank/a on host2' 'both masters at epoch 0'
	done
	expect_status 3 on $host zrep sync tank/a
	says 'tank/a on host1: 3.' ' written since its newest snapshot' 'tank/a on host2: nothing written since' 'zrep rejoin --force'
	expect_status 0 on $host zrep status
	says 'split brain'
done

unchanged expect_status 0 on host2 zrep -n rejoin --force tank/a
says 'tank/a on host2 has 1 snapshot'
expect_status 0 on host2 zrep rejoin --force tank/a
is "$(get host2 "$(kept host2)" file)" 'words of host2'
has host2 "$(kept host2)@late"
same mine host1 tank/a host2 tank/a
leads host1
expect_status 0 zrep status
says ' ok'

# The pair of the one that goes on leads elsewhere: it is turned first.
on host1 zfs create tank/e
expect_status 0 zrep init tank/e host2 tank/e
echo 'of host1' | put host1 tank/e file
on host2 zfs set zrep:src-host=host2 zrep:src-fs=tank/e zrep:dest-host=host9 zrep:dest-fs=tank/e zrep:master=yes readonly=off tank/e
echo 'of host2' | put host2 tank/e file
refuses 3 zrep sync tank/e
says 'on host2, zrep changeconfig tank/e host1 tank/e; then on host1, zrep rejoin --force tank/e'
expect_status 0 on host2 zrep changeconfig tank/e host1 tank/e
expect_status 0 zrep rejoin --force tank/e
same file host2 tank/e host1 tank/e
is "$(get host1 "$(kept host1 tank/e)" file)" 'of host1'
