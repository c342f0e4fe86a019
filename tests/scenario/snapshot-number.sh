#!/bin/bash
# The snapshots' number passes six digits, and goes on from whatever is there.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs snapshot tank/a@zrep_fffffe
synced
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_fffffe'
for n in ffffff 1000000 1000001; do
	echo $n | put host1 tank/a file
	synced
	has host2 tank/a@zrep_$n
done

# The replica may be ahead, in a snapshot that the master never had.
on host1 zfs set zrep:savecount=2 tank/a
echo more | put host1 tank/a file
synced
is "$(snaps host1 tank/a)" 'zrep_1000001 zrep_1000002'

# What the script could not send is sent under its name.
on host1 zfs snapshot tank/a@zrep_1000003_unsent
synced
has host2 tank/a@zrep_1000003_unsent
echo more | put host1 tank/a file
synced
has host2 tank/a@zrep_1000004
