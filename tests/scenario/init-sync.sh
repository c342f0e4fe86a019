#!/bin/bash
# always
# The first replica of a filesystem, and keeping it up to date.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -o compression=lz4 tank/a
echo "first words" | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
says 'tank/a -> host2:tank/a  @zrep_000000' 'zrep sync tank/a'
same file host1 tank/a host2 tank/a
is "$(guid host1 tank/a@zrep_000000)" "$(guid host2 tank/a@zrep_000000)"
is "$(prop host2 tank/a readonly)" on
is "$(prop host2 tank/a compression)" lz4
is "$(prop host1 tank/a zrep:master)" yes
is "$(prop host2 tank/a zrep:master)" -
for host in host1 host2; do
	is "$(prop $host tank/a zrep:src-host)" host1
	is "$(prop $host tank/a zrep:src-fs)" tank/a
	is "$(prop $host tank/a zrep:dest-host)" host2
	is "$(prop $host tank/a zrep:dest-fs)" tank/a
	is "$(prop $host tank/a zrep:savecount)" 5
done

for words in "second words" "third words"; do
	echo "$words" | put host1 tank/a file
	synced
done
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001 zrep_000002'
is "$(get host2 tank/a@zrep_000001 file)" 'second words'
