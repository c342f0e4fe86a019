#!/bin/bash
# A chain, A to B to C, whose last link is not synced for longer than savecount is: A keeps what C goes on from. B is lost, and
# C becomes the replica of A without a full copy.
. "$(dirname "$0")/lib-set.sh"

chain
on host1 zfs set zrep:savecount=2 tank/a
on host2 zfs set zrep:savecount=2 tank/a
expect_status 0 zrep sync tank/a
for i in 1 2 3 4 5; do
	write host1 "words $i"
	expect_status 0 zrep sync tank/a
done
last=$(snaps host3 tank/a)
has host1 "tank/a@${last##* }" || fail "@${last##* }, the newest of host3, has expired on host1"
expect_status 0 zrep expire tank/a
has host1 "tank/a@${last##* }" || fail "@${last##* } was expired when that was asked for"
is "$(guid host1 "tank/a@${last##* }")" "$(guid host3 "tank/a@${last##* }")"

lab kill host2
expect_status 0 c host3 -y clear tank/a
expect_status 0 on host3 zrep changeconfig -f -d tank/a host1 tank/a
expect_status 0 zrep changeconfig tank/a host3 tank/a
expect_status 0 zrep sync tank/a
same file host1 tank/a host3 tank/a
