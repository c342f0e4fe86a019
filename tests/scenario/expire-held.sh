#!/bin/bash
# What somebody else holds is not expired, and no failure; what both sides have in common never goes.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=1 tank/a
on host1 zfs hold backup tank/a@zrep_000000
on host2 zfs hold backup tank/a@zrep_000000
for i in 1 2 3; do
	echo $i | put host1 tank/a file
	synced
done
is "$(snaps host1 tank/a)" 'zrep_000000 zrep_000003'
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000003'
is "$(holds host1 tank/a@zrep_000000)" backup
is "$(holds host2 tank/a@zrep_000000)" backup

# Snapshots that the other side does not have yet count, but the base stays.
for i in 4 5; do on host1 zfs snapshot tank/a@zrep_00000$i; done
expect_status 0 zrep expire -L tank/a
has host1 tank/a@zrep_000003
expect_status 0 zrep expire tank/a
has host1 tank/a@zrep_000003

on host1 zfs release backup tank/a@zrep_000000
synced
hasnt host1 tank/a@zrep_000000
has host2 tank/a@zrep_000000
