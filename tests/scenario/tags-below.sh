#!/bin/bash
# Who becomes read-only takes those below it along that have their readonly from it. One that leads under another tag
# would stop being written to: it is asked for a readonly of its own first. Of a tree, all come back or none does.
. "$(dirname "$0")/lib.sh"

c() { on "$1" zrep -t c "${@:2}"; }
pair
on host1 zfs create tank/a/q
echo one | put host1 tank/a/q file
expect_status 0 c host1 init tank/a/q host2 tank/q
for how in failover '-y failover -L'; do
	# shellcheck disable=SC2086
	refuses 3 zrep $how tank/a
	says 'tank/a/q below it would become so as well' 'under tag c it is the master of tank/q on host2'
	# shellcheck disable=SC2086
	unchanged expect_status 3 zrep -n $how tank/a
done
refuses 3 on host2 zrep takeover tank/a
says 'on host1, zfs set readonly=off tank/a/q; then run this again'
expect_status 0 on host2 zrep -y takeover -L tank/a
echo 'not sent' | put host1 tank/a file
refuses 3 zrep -y rejoin --discard tank/a
says 'tank/a/q below it would become so as well'
refuses 3 on host2 zrep -y rejoin tank/a
expect_status 0 on host1 zfs set readonly=off tank/a/q
expect_status 0 zrep rejoin tank/a
echo two | put host1 tank/a/q file
expect_status 0 c host1 sync tank/a/q
is "$(get host2 tank/q file)" two
expect_status 0 zrep takeover tank/a
expect_status 0 zrep failover tank/a
echo three | put host1 tank/a/q file

# A recursive pair; one in it has the other tag as well.
for ds in tank/t tank/t/u tank/t/v; do on host1 zfs create $ds; done
expect_status 0 zrep init -R tank/t host2 tank/t
expect_status 0 c host1 init tank/t/u host2 tank/u
expect_status 0 on host2 zrep -y takeover -L tank/t
for ds in tank/t tank/t/u tank/t/v; do echo "only in $ds" | put host1 $ds file; done
for own in '' u; do
	[[ -z $own ]] || on host1 zfs set readonly=off tank/t/u
	refuses 3 zrep -y rejoin --discard tank/t
	says 'under tag c it is the master of tank/u on host2' \
		'tank/t/v does not come back, because tank/t'
	says_not 'is the replica of'
	for ds in tank/t tank/t/u tank/t/v; do is "$(get host1 $ds file)" "only in $ds"; done
done
echo 'more' | put host1 tank/t/u file
expect_status 0 c host1 sync tank/t/u
is "$(get host2 tank/u file)" more
expect_status 0 c host1 clear -f tank/t/u
expect_status 0 zrep rejoin tank/t
for ds in tank/t tank/t/u tank/t/v; do is "$(roles host1 $ds)" "- host2 $ds host1 $ds - on"; done
