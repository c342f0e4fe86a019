#!/bin/bash
# A long row of others' snapshots: the bookmarks that a broken sync could need are made in turn, and go again when something
# newer has arrived. Wherever it breaks, all that has arrived may be destroyed on the source.
# needs: userspace
. "$(dirname "$0")/lib.sh"

marks() { on host1 zfs list -Hd 1 -t bookmark -o name tank/a | wc -l; }
n=0
# more: 100 of them, with something written before each.
more() {
	on host1 bash -c "for ((i = $n; i < $n + 100; i++)); do echo \$i | uzctl put tank/a file; zfs snapshot tank/a@auto-\$i; done"
	n=$((n + 100))
}
# pruned: host1 has nothing any more that host2 has.
pruned() {
	local s
	for s in $(snaps host2 tank/a); do
		on host1 zfs release zrep "tank/a@$s" 2>/dev/null || true
		on host1 zfs destroy "tank/a@$s" 2>/dev/null || true
	done
}

pair
more
lab ctl host1 counts reset
synced
[[ $(marks) -lt 10 ]] || fail "$(marks) bookmarks are left"
txgs=$(lab ctl host1 counts | sed -n 's/^txgs \(DESTROY_BOOKMARKS\|BOOKMARK\) //p' | paste -sd + | bc)
[[ $txgs -le 8 ]] || fail "$txgs transactions for bookmarks"
# The plan says so as well.
more
unchanged expect_status 0 zrep sync -n tank/a
says 'bookmark tank/a@auto-198' 'destroy bookmark tank/a#zrep_'

# The sender dies between two sends, while it makes bookmarks, and while it destroys some.
for what in 'SEND_NEW 80' 'BOOKMARK 1' 'DESTROY_BOOKMARKS 1'; do
	read -r call at <<<"$what"
	lab ctl host1 arm -c "$call" "$at" before zrep
	! said=$(zrep sync tank/a 2>&1) || fail "nobody died: $what"
	lab ctl host1 armed
	within 30 idle
	[[ $(marks) -lt 132 ]] || fail "$(marks) bookmarks at a time"
	has host2 "tank/a@auto-$((n - 100))" || [[ $call != SEND_NEW ]]
	pruned
	echo "after $what" | put host1 tank/a file
	synced
	has host2 "tank/a@auto-$((n - 1))"
	more
done

# The replica's host asks for them.
lab ctl host1 arm -c SEND_NEW 80 before zrep
! said=$(on host2 zrep refresh tank/a 2>&1) || fail "nobody died in refresh"
lab ctl host1 armed
within 30 idle
has host2 "tank/a@auto-$((n - 60))"
pruned
expect_status 0 on host2 zrep refresh tank/a
same file host1 tank/a host2 tank/a
[[ $(marks) -lt 70 ]] || fail "$(marks) bookmarks are left"
