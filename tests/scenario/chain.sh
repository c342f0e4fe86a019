#!/bin/bash
# A to B to C: B is a replica under one tag and a master under another. It passes on what it has, and adds nothing.
. "$(dirname "$0")/lib.sh"

seconds() { snaps host2 tank/a | tr ' ' '\n' | sed -n /second/p | wc -l; }
newest() { snaps "$1" "$2" | awk '{ print $NF }'; }
pair
on host1 zfs create tank/c
echo 'second words' | put host1 tank/a file
zrep sync tank/a >/dev/null
expect_status 0 on host2 zrep -t bc init tank/a host1 tank/c/a
says '@zrep_000001'
same file host1 tank/a host1 tank/c/a
is "$(prop host2 tank/a bc:master) $(prop host2 tank/a zrep:master) $(snaps host2 tank/a)" 'yes - zrep_000000 zrep_000001'

# New words go all the way, a step at a time; what A expires on B, B has passed on by then, or goes on holding.
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=1 tank/a
on host1 zfs set bc:savecount=2 tank/c/a
for i in 1 2 3 4; do
	echo "words $i" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	[[ $i -eq 2 ]] || expect_status 0 on host2 zrep -t bc sync tank/a
done
same file host1 tank/a host1 tank/c/a
is "$(snaps host1 tank/c/a)" 'zrep_000004 zrep_000005'
is "$(holds host2 tank/a@zrep_000005 | tr ' ' '\n' | sort | paste -sd ' ')" 'bc zrep'
expect_status 0 on host2 zrep -t bc sync tank/a
says 'unchanged since @zrep_000005'
refuses 3 on host2 zrep -t bc snaponly tank/a
says 'is a replica under another tag'

# Another tag beside: of its snapshots only the newest that its pair has in common comes along.
expect_status 0 zrep -t second init tank/a host2 tank/second
echo 'words 5' | put host1 tank/a file
expect_status 0 zrep -t second sync tank/a
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a
is "$(seconds)" 1 # what the pair of that tag goes on from, and no more
on host1 zfs list -Hd 1 -t snapshot -o name tank/a | grep -q second_000001
expect_status 0 zrep sync -I tank/a
echo 'words 6' | put host1 tank/a file
expect_status 0 zrep -t second sync tank/a
expect_status 0 zrep sync -I tank/a
is "$(seconds)" 2

# The role moves: both other pairs go on, one of them as a cascade.
expect_status 0 on host2 zrep -t bc sync tank/a
expect_status 0 zrep failover tank/a
echo 'words of B' | put host2 tank/a file
expect_status 0 on host2 zrep -t bc sync tank/a
is "$(get host1 tank/c/a file)" 'words of B'
[[ $(newest host1 tank/c/a) == bc_* ]] || fail 'not a snapshot of its own'
expect_status 0 on host2 zrep sync tank/a
same file host1 tank/a host2 tank/a
expect_status 0 zrep -t second sync tank/a
same file host1 tank/a host2 tank/second
expect_status 0 on host2 zrep failover tank/a
expect_status 0 zrep -t second sync tank/a
expect_status 0 zrep sync tank/a
