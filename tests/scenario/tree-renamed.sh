#!/bin/bash
# limit: 300
# A member of a tree has another name on one side: on the replica, on the master, two that have exchanged theirs, after a
# takeover -L on either side. All that report tell it as sync and the changes of the role do, and what they print, pasted,
# mends it. What was renamed on the master, the sync follows by itself.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

# tree NAME: with two members, a and b, and what is in each.
tree() {
	local d
	for d in "$1" "$1/a" "$1/b"; do
		on host1 zfs create "tank/$d"
		echo "$d" | put host1 "tank/$d" file
	done
	zrep init -R "tank/$1" host2 "tank/$1" >/dev/null
}
# exchange HOST NAME: its a and its b.
exchange() {
	on "$1" zfs rename "tank/$2/a" "tank/$2/t"
	on "$1" zfs rename "tank/$2/b" "tank/$2/a"
	on "$1" zfs rename "tank/$2/t" "tank/$2/b"
}
# well NAME: it moves there and back, and each is what it was.
well() {
	local host
	for host in host1 host2; do
		expect_status 0 on $host zrep check "tank/$1"
		expect_status 0 on $host zrep doctor "tank/$1"
	done
	expect_status 0 zrep failover "tank/$1"
	expect_status 0 on host2 zrep sync "tank/$1"
	expect_status 0 on host2 zrep failover "tank/$1"
	expect_status 0 zrep check "tank/$1"
}

# --- one on the replica ---
tree r
on host2 zfs rename tank/r/a tank/r/x
for host in host1 host2; do
	fails 2 $host zrep check tank/r
	says tank/r/x
	fails 1 $host zrep doctor tank/r
	says tank/r/x
done
fails 3 host1 zrep sync tank/r
says 'it was renamed, and is tank/r/x there now'
says_not NEW-NAME
fails 1 host1 zrep status -m tank/r
fails 3 host1 zrep -n failover tank/r
told host2 'zfs rename tank/r/x tank/r/a'
fails 3 host1 zrep failover tank/r
remedy host2 'zfs rename tank/r/x tank/r/a'
expect_status 0 zrep sync tank/r
well r
# doctor does it by itself, asked about the top.
on host2 zfs rename tank/r/b tank/r/y
fails 1 host1 zrep doctor tank/r
remedy host1 'zrep doctor --fix tank/r/b'
well r
is "$(get host2 tank/r/b file)" r/b
# Something new has taken its name there.
on host2 zfs rename tank/r/a tank/r/x
on host2 zfs create tank/r/a
fails 2 host1 zrep check tank/r
remedy host2 'zfs rename tank/r/a tank/r/a_moved'
remedy host2 'zfs rename tank/r/x tank/r/a'
on host2 zfs destroy tank/r/a_moved
expect_status 0 zrep sync tank/r
well r

# --- two on the replica ---
tree e
exchange host2 e
fails 3 host1 zrep sync tank/e
fails 2 host1 zrep check tank/e
fails 2 host2 zrep check tank/e
fails 1 host2 zrep doctor tank/e
fails 1 host1 zrep doctor tank/e
expect_status 0 zrep doctor --fix tank/e
is "$(get host2 tank/e/a file) $(get host2 tank/e/b file)" 'e/a e/b'
expect_status 0 zrep sync tank/e
well e
# By hand, as it is printed.
exchange host2 e
fails 3 host1 zrep sync tank/e
remedy host2 'zfs rename tank/e/a tank/e/a_moved'
remedy host2 'zfs rename tank/e/b tank/e/a'
fails 3 host1 zrep sync tank/e
remedy host2 'zfs rename tank/e/a_moved tank/e/b'
expect_status 0 zrep sync tank/e
is "$(get host2 tank/e/a file) $(get host2 tank/e/b file)" 'e/a e/b'
well e

# --- two on the master, with one below: the sync follows ---
tree s
on host1 zfs create tank/s/a/k
echo k | put host1 tank/s/a/k file
expect_status 0 zrep sync tank/s
exchange host1 s
expect_status 0 zrep doctor tank/s
expect_status 0 zrep sync tank/s
is "$(get host2 tank/s/a file) $(get host2 tank/s/b file) $(get host2 tank/s/b/k file)" 's/b s/a k'
is "$(on host2 zfs list -Hro name tank/s | paste -sd ' ')" 'tank/s tank/s/a tank/s/b tank/s/b/k'
well s
# With a role change in place of the sync; and three in a ring.
on host1 zfs create tank/s/c
echo c | put host1 tank/s/c file
expect_status 0 zrep sync tank/s
for move in 'a t' 'b a' 'c b' 't c'; do on host1 zfs rename "tank/s/${move% *}" "tank/s/${move#* }"; done
expect_status 0 zrep failover tank/s
is "$(get host2 tank/s/a file) $(get host2 tank/s/b file) $(get host2 tank/s/c file)" 's/a c s/b'
is "$(on host2 zfs list -Hro name tank/s | paste -sd ' ')" 'tank/s tank/s/a tank/s/a/k tank/s/b tank/s/c'
expect_status 0 on host2 zrep failover tank/s
# One whose new name is somebody else's on the replica: check and doctor tell it as the sync does.
on host2 zfs create tank/s/d
on host1 zfs rename tank/s/a tank/s/d
fails 3 host1 zrep sync tank/s
fails 2 host1 zrep check tank/s
told host2 'zfs rename tank/s/d tank/s/d_moved'
fails 1 host1 zrep doctor tank/s
remedy host2 'zfs rename tank/s/d tank/s/d_moved'
remedy host1 'zrep sync tank/s'
on host2 zfs destroy tank/s/d_moved
well s

# --- killed between the two renames of an exchange: the next sync goes on ---
tree k
exchange host1 k
on host2 zfs rename tank/k/b tank/k/b_between
expect_status 0 zrep sync tank/k
is "$(get host2 tank/k/a file) $(get host2 tank/k/b file)" 'k/b k/a'
well k

# --- after takeover -L ---
tree m
expect_status 0 on host2 zrep -y takeover -L tank/m
on host2 zfs rename tank/m/a tank/m/x
fails 3 host1 zrep rejoin tank/m
fails 3 host2 zrep sync tank/m
fails 2 host2 zrep check tank/m
told host1 'zrep rejoin tank/m/a'
fails 1 host2 zrep doctor tank/m
remedy host2 'zfs rename tank/m/x tank/m/a'
remedy host1 'zrep rejoin tank/m/a'
expect_status 0 on host2 zrep sync tank/m
on host2 zfs rename tank/m/a tank/m/x
expect_status 0 on host2 zrep sync tank/m
is "$(get host1 tank/m/x file)" m/a
expect_status 0 on host2 zrep check tank/m
# The one that has lost.
tree n
expect_status 0 on host2 zrep -y takeover -L tank/n
on host1 zfs rename tank/n/a tank/n/x
fails 3 host1 zrep rejoin tank/n
remedy host1 'zfs rename tank/n/x tank/n/a'
expect_status 0 zrep rejoin tank/n
expect_status 0 on host2 zrep check tank/n
expect_status 0 on host2 zrep failover tank/n
well n

# --- a member that the new master does not replicate ---
tree u
expect_status 0 on host2 zrep -y takeover -L tank/u
on host2 zrep -y clear -f tank/u/a
fails 3 host1 zrep rejoin tank/u
remedy host1 'zrep clear tank/u/a'
remedy host1 'zfs rename tank/u/a tank/u/a_before'
remedy host2 'zrep init tank/u/a host1 tank/u/a'
expect_status 0 zrep rejoin tank/u
expect_status 0 on host2 zrep sync tank/u
expect_status 0 on host2 zrep check tank/u
is "$(get host1 tank/u/a_before file)" u/a
