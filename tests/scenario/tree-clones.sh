#!/bin/bash
# Clones of a tree arrive as clones, whether they are made before it or later.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
on host1 zfs create tank/a/b
fill host1 tank/a/b big 8
on host1 zfs snapshot tank/a/b@old
echo 'after it' | put host1 tank/a/b file
on host1 zfs clone tank/a/b@old tank/a/A-clone
on host1 zfs snapshot tank/a/A-clone@mine
on host1 zfs clone tank/a/A-clone@mine tank/a/of-clone
echo 'of the clone' | put host1 tank/a/A-clone file
unchanged expect_status 0 zrep -n init -R tank/a host2 tank/x
says 'send tank/a/b@old to tank/x/b@old' 'a clone of tank/x/b@old' 'a clone of tank/x/A-clone@mine'
expect_status 0 zrep init -R tank/a host2 tank/x
is "$(prop host2 tank/x/A-clone origin) $(prop host2 tank/x/of-clone origin)" 'tank/x/b@old tank/x/A-clone@mine'
for d in b A-clone of-clone; do same big host1 "tank/a/$d" host2 "tank/x/$d"; done
same file host1 tank/a/A-clone host2 tank/x/A-clone
[[ $(prop host2 tank/x/A-clone used) -lt 1000000 ]] || fail 'it takes the space of a copy'

# One that is made later, of a snapshot of zrep's.
snap=$(snaps host1 tank/a/b | awk '{ print $NF }')
on host1 zfs clone "tank/a/b@$snap" tank/a/late
echo 'late' | put host1 tank/a/late file
expect_status 0 zrep sync tank/a
is "$(prop host2 tank/x/late origin)" "tank/x/b@$snap"
same file host1 tank/a/late host2 tank/x/late
for i in 1 2 3 4 5 6 7; do
	echo "$i" | put host1 tank/a/b file
	expect_status 0 zrep sync tank/a
done
same file host1 tank/a/b host2 tank/x/b

# A clone of what the other side does not have is sent whole.
on host1 zfs create tank/else
fill host1 tank/else big 1
on host1 zfs snapshot tank/else@s
on host1 zfs clone tank/else@s tank/a/whole
expect_status 0 zrep sync tank/a
is "$(prop host2 tank/x/whole origin)" -
same big host1 tank/a/whole host2 tank/x/whole
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep sync all
