#!/bin/bash
# The role of a whole tree moves, with what was made a moment before; a lost master comes back as a whole.
. "$(dirname "$0")/lib.sh"

words() { echo "words of $2" | put "$1" "$2" file; }
for d in a a/b 'a/c d'; do
	on host1 zfs create "tank/$d"
	words host1 "tank/$d"
done
expect_status 0 zrep init tank/a host2 tank/a
expect_status 0 zrep -R sync tank/a
on host1 zfs create tank/a/new
words host1 tank/a/new
expect_status 0 zrep failover tank/a
for d in a a/b 'a/c d' a/new; do
	is "$(prop host2 "tank/$d" zrep:master) $(prop host2 "tank/$d" zrep:epoch)" 'yes 1'
	is "$(get host2 "tank/$d" file)" "words of tank/$d"
	is "$(on host1 zfs get -Ho value -s local zrep:master "tank/$d")" ''
done

# The new master goes on with it as a tree.
on host2 zfs create tank/a/newer
words host2 tank/a/newer
expect_status 0 on host2 zrep sync all
says 'tank/a/newer -> host1:tank/a/newer'
expect_status 0 zrep takeover tank/a
is "$(prop host1 tank/a/newer zrep:master)" yes
expect_status 0 zrep status tank/a
says 'tank/a/newer' 'tank/a/c d'
expect_status 0 zrep check tank/a
says 'OK - 5 datasets'

# The master is lost, and comes back.
words host1 tank/a/b
zrep sync all >/dev/null
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
echo 'written on host2' | put host2 tank/a/b file
lab start host1
echo 'written on host1' | put host1 tank/a/b file
expect_status 3 zrep sync all
says 'was superseded'
expect_status 0 zrep rejoin tank/a
is "$(get host1 tank/a/b file)" 'written on host2'
kept=$(on host1 zfs list -Hro name tank/a | grep '_kept_' | head -n 1)
is "$(get host1 "$kept" file)" 'written on host1'
expect_status 0 on host2 zrep sync all
says '5 datasets'

# Old snapshots expire, and the tree is forgotten, as a whole.
on host2 zfs set zrep:savecount=1 tank/a/b
for i in 1 2; do
	echo "$i" | put host2 tank/a/b file
	expect_status 0 env ZREP_SKIP_EXPIRE=1 "$LAB" on host2 zrep sync tank/a
done
expect_status 0 on host2 zrep expire tank/a
is "$(snaps host2 tank/a/b | wc -w)" 1
expect_status 0 on host2 zrep clear -f tank/a
is "$(on host2 zfs get -Hro value -s local,received zrep:src-fs tank/a)" ''
