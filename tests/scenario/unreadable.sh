#!/bin/bash
# A value with a line break or a tab hides its own dataset and no other, and that is told.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
# It even says something about the other one.
on host1 zfs set "zrep:keep=$(printf '5d\tlocal\ntank/b\tzrep:master\tno\tlocal')" tank/a
told() { says 'tank/a on host1 cannot be listed: zrep:keep has a line break or a tab in its value' 'zfs get zrep:keep tank/a shows it'; }
echo more | put host1 tank/b file
expect_status 3 zrep sync all
told
same file host1 tank/b host2 tank/b
for verb in status list 'expire -L' 'failover tank/a'; do
	# shellcheck disable=SC2086
	expect_status 3 zrep $verb
	told
done
expect_status 2 zrep status -m
says 'tank/a on host1 cannot be listed' 'zrep:keep'
for verb in check 'check tank/a'; do
	# shellcheck disable=SC2086
	expect_status 3 zrep $verb
	says 'tank/a on host1 cannot be listed' 'zrep:keep'
done
says_not 'does not exist'
expect_status 0 zrep status tank/b
expect_status 0 zrep check tank/b
# The replica's side cannot see the master's: that is no master that is gone.
expect_status 3 on host2 zrep refresh tank/a
says 'tank/a on host1 cannot be listed'
on host1 zfs inherit zrep:keep tank/a
synced

# A snapshot's; and on the other side.
snap=$(on host2 zfs list -Hd 1 -t snapshot -o name tank/a | tail -n 1)
on host2 zfs set "zrep:relayed=$(printf '1\t2')" "$snap"
echo again | put host1 tank/b file
refuses 3 zrep sync tank/a
says 'tank/a on host2 cannot be listed' '-> on host2, zfs get -d 1 -t all all tank/a shows which'
expect_status 3 zrep sync all
same file host1 tank/b host2 tank/b
on host2 zfs inherit zrep:relayed "$snap"
synced

# Of a tree the rest goes on; nothing is taken for destroyed, and the role does not move without it.
on host1 zfs create tank/r
for name in one two; do on host1 zfs create tank/r/$name; done
expect_status 0 zrep init -R tank/r host2 tank/r
on host1 zfs set "zrep:keep=$(printf 'x\ny')" tank/r/one
echo more | put host1 tank/r/two file
expect_status 1 zrep sync tank/r
says 'tank/r/one on host1 cannot be listed'
same file host1 tank/r/two host2 tank/r/two
has host2 tank/r/one
is "$(on host2 zfs list -Ho name | grep -c _kept_ || true)" 0
# (The sync before it already does not bring all of it over.)
expect_status 1 zrep failover tank/r
says 'tank/r/one on host1 cannot be listed'
unchanged expect_status 3 zrep -y failover -L tank/r
says 'tank/r/one on host1 cannot be listed'
led_by host1 tank/r
on host1 zfs inherit zrep:keep tank/r/one
expect_status 0 zrep failover tank/r
