#!/bin/bash
# limit: 300
# Members of a tree that are in one another exchange their places on the master, or are taken apart there: the sync follows, by
# a name for in between where each waits for another, and goes back from there. What cannot be done is told by all, and what is
# printed, pasted, mends it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

# tree NAME MEMBER...: what is in each is its first name.
tree() {
	local top=$1 d
	shift
	for d in "" "${@/#//}"; do
		on host1 zfs create "tank/$top$d"
		echo "$top$d" | put host1 "tank/$top$d" file
	done
	zrep init -R "tank/$top" host2 "tank/$top" >/dev/null
}
# ren HOST FROM TO [FROM TO...]
ren() {
	local host=$1
	shift
	while (($# > 0)); do
		on "$host" zfs rename "tank/$1" "tank/$2"
		shift 2
	done
}
# exchange HOST TOP: its a, and suba in that.
exchange() {
	ren "$1" "$2/a" "$2/tmp" "$2/tmp/suba" "$2/a" "$2/tmp" "$2/a/suba"
}
# at NAME WAS: what was WAS is NAME, on both, and nothing is left in between.
at() {
	is "$(get host1 "tank/$1" file)" "$2"
	is "$(get host2 "tank/$1" file)" "$2"
}
none_between() {
	is "$(on host2 zfs list -rHo name "tank/$1" | grep between || true)" ""
}
well() {
	local host
	none_between "$1"
	for host in host1 host2; do
		expect_status 0 on $host zrep check "tank/$1"
		expect_status 0 on $host zrep doctor "tank/$1"
	done
}

# --- parent and child ---
tree t a a/suba
exchange host1 t
expect_status 0 zrep sync tank/t
at t/a t/a/suba
at t/a/suba t/a
well t
expect_status 0 zrep failover tank/t
expect_status 0 on host2 zrep sync tank/t
expect_status 0 on host2 zrep failover tank/t
well t

# --- taken apart, each into what another was in ---
tree n c c/b c/b/a c/b/a/suba c/b/subb
ren host1 n/c/b n/b n/b/a n/a n/a/suba n/b/subb2 n/b/subb n/a/suba
expect_status 0 zrep sync tank/n
at n/a n/c/b/a
at n/a/suba n/c/b/subb
at n/b n/c/b
at n/b/subb2 n/c/b/a/suba
at n/c n/c
well n
expect_status 0 zrep failover tank/n
expect_status 0 on host2 zrep sync tank/n

# --- one that made room in what waits for it, as an older zrep left it ---
tree o a a/suba
exchange host1 o
ren host2 o/a/suba o/a/suba_between
expect_status 0 zrep sync tank/o
at o/a o/a/suba
at o/a/suba o/a
well o
# And the exchange was undone meanwhile.
ren host2 o/a/suba o/a/suba_between
expect_status 0 zrep sync tank/o
at o/a/suba o/a
well o
ren host2 o/a o/a_between
expect_status 0 zrep sync tank/o
at o/a o/a/suba
well o
ren host2 o/a/suba o/suba_between
expect_status 0 zrep sync tank/o
at o/a/suba o/a
well o

# --- in what is new under its name ---
tree w a
ren host1 w/a w/x
on host1 zfs create tank/w/a
ren host1 w/x w/a/old
expect_status 0 zrep sync tank/w
expect_status 0 zrep sync tank/w
at w/a/old w/a
well w

# --- the names for in between are somebody's ---
tree k a a/suba
exchange host1 k
for d in a_between suba_between; do
	on host2 zfs create "tank/k/$d"
	on host2 zfs snapshot "tank/k/$d@mine"
done
ren host2 k/a/suba k/a/suba_between
fails 3 host1 zrep sync tank/k
says 'it is left out until'
fails 1 host1 zrep status -m tank/k
fails 2 host1 zrep check tank/k
fails 1 host1 zrep doctor tank/k
says 'tank/k/a'
fails 3 host1 zrep failover tank/k
fails 3 host1 zrep sync tank/k
remedy host2 'zfs rename tank/k/suba_between tank/k/suba_between_moved'
fails 3 host1 zrep sync tank/k
remedy host2 'zfs rename tank/k/a_between tank/k/a_between_moved'
expect_status 0 zrep sync tank/k
at k/a k/a/suba
at k/a/suba k/a
expect_status 0 zrep check tank/k

# --- what would go along is somebody's ---
tree s a a/suba
on host2 zfs create tank/s/a/local
exchange host1 s
fails 3 host1 zrep sync tank/s
fails 1 host1 zrep status -m tank/s
fails 2 host1 zrep check tank/s
fails 1 host1 zrep doctor tank/s
on host2 zfs list tank/s/a/local
remedy host2 'zfs rename tank/s/a tank/s/a_between'
fails 3 host1 zrep sync tank/s
told host2 'zfs rename tank/s/a_between tank/s/a/suba'
ren host2 s/a_between/local s/local
expect_status 0 zrep sync tank/s
at s/a s/a/suba
at s/a/suba s/a
expect_status 0 zrep check tank/s

# --- it waits for one that is refused ---
tree r a b
on host2 zfs create tank/r/n
on host2 zfs snapshot tank/r/n@mine
ren host1 r/a r/n r/b r/n/b
fails 3 host1 zrep sync tank/r
says 'tank/r/b was renamed to tank/r/n/b on host1'
fails 1 host1 zrep status -m tank/r
fails 2 host1 zrep check tank/r
fails 1 host1 zrep doctor tank/r
remedy host2 'zfs rename tank/r/n tank/r/n_moved'
expect_status 0 zrep sync tank/r
at r/n r/a
at r/n/b r/b
