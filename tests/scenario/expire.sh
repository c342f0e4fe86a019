#!/bin/bash
# always
# Each side keeps as many snapshots as its own savecount says.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs set zrep:savecount=2 tank/a
on host2 zfs set zrep:savecount=4 tank/a
on host1 zfs snapshot tank/a@mine
for i in 1 2 3 4 5 6; do
	echo $i | put host1 tank/a file
	expect_status 0 zrep sync tank/a
done
is "$(snaps host1 tank/a)" 'mine zrep_000005 zrep_000006'
is "$(snaps host2 tank/a)" 'mine zrep_000003 zrep_000004 zrep_000005 zrep_000006'

# A lower savecount is heeded by expire; with -L on this host only.
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=2 tank/a
lab cut
expect_status 0 zrep expire -L tank/a
lab join
is "$(snaps host1 tank/a)" 'mine zrep_000006'
is "$(snaps host2 tank/a)" 'mine zrep_000003 zrep_000004 zrep_000005 zrep_000006'
expect_status 0 on host2 zrep expire -L
is "$(snaps host2 tank/a)" 'mine zrep_000005 zrep_000006'
on host2 zfs set zrep:savecount=1 tank/a
expect_status 0 zrep expire
is "$(snaps host2 tank/a)" 'mine zrep_000006'
synced
