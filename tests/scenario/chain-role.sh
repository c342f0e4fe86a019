#!/bin/bash
# limit: 300
# A chain, A to B (tag zrep) to C (tag c): the role goes to the neighbour, and to the end in two steps; each member is lost
# in turn.
. "$(dirname "$0")/lib-set.sh"

chain
for i in 1 2; do
	expect_status 0 zrep failover tank/a
	one_master host2
	write host2 "words B$i"
	expect_status 0 on host2 zrep sync tank/a
	expect_status 0 c host2 sync tank/a
	in_step
	expect_status 0 c host2 failover tank/a
	one_master host3
	write host3 "words C$i"
	expect_status 0 c host3 sync tank/a
	refuses 3 on host2 zrep failover tank/a
	says 'on host3, zrep -t c failover tank/a'
	expect_status 0 on host2 zrep sync tank/a
	in_step
	expect_status 0 c host3 failover tank/a
	expect_status 0 on host2 zrep failover tank/a
	one_master host1
	write host1 "words A$i"
	expect_status 0 zrep sync tank/a
	expect_status 0 c host2 sync tank/a
	in_step
done
no_full_copy
refuses 3 c host2 failover tank/a
says 'under tag zrep it is the replica of tank/a on host1' 'on host1, zrep -t zrep failover tank/a'

# The first is lost, and comes back.
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
write host2 'words B'
expect_status 0 c host2 sync tank/a
lab start host1
write host1 'not sent by A'
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
one_master host2
in_step
expect_status 0 on host2 zrep failover tank/a
expect_status 0 zrep sync tank/a
expect_status 0 c host2 sync tank/a

# The first two are lost. The end leads; the middle one turns round, and outranks the first.
lab kill host1
lab kill host2
expect_status 0 c host3 -y takeover -L tank/a
write host3 'words C'
lab start host2
lab start host1
write host1 'not sent by A either'
refuses 3 c host2 sync tank/a
says superseded
expect_status 0 c host2 rejoin tank/a
expect_status 0 c host3 sync tank/a
refuses 3 zrep sync tank/a
says superseded
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
one_master host3
in_step
