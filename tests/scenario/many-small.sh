#!/bin/bash
# Many small snapshots of others in a row: the next one is begun while one is received. Whatever ends the row, the next sync
# goes on where it ended, and all are there.
# needs: userspace
. "$(dirname "$0")/lib.sh"

n=0
# more: twelve of them, with something written before each.
more() {
	on host1 bash -c "for ((i = $n; i < $n + 12; i++)); do echo \$i | uzctl put tank/a file; zfs snapshot tank/a@auto-\$i; done"
	n=$((n + 12))
}
# whole: the other side has them all, in order, and the same ones.
whole() {
	synced
	is "$(on host1 zfs list -Hd 1 -t snapshot -o guid -s createtxg tank/a | paste -sd ' ')" \
		"$(on host2 zfs list -Hd 1 -t snapshot -o guid -s createtxg tank/a | paste -sd ' ')"
	is "$(prop host2 tank/a receive_resume_token)" -
}
pair
more
whole

# One of them cannot be received.
more
lab ctl host2 fail -m 7 ENOSPC
expect_status 1 zrep sync tank/a
says 'cannot receive tank/a@auto-'
whole

# The sender, the receiver, or its whole host dies between two of them.
for what in 'host1 zrep -c SEND_NEW' 'host2 zrep -m' 'host2 host -m'; do
	read -r host who how <<<"$what"
	more
	# shellcheck disable=SC2086
	lab ctl "$host" arm $how 8 before "$who"
	! said=$(zrep sync tank/a 2>&1) || fail "nobody died: $what"
	[[ $who != host ]] || lab start "$host"
	lab ctl "$host" armed
	within 30 idle
	whole
done

# Somebody takes one here in the middle, another there.
more
start zrep sync tank/a
within 20 sh -c '[ -n "$("$1" on host2 zfs list -Ho name tank/a@auto-64 2>/dev/null)" ]' sh "$LAB"
on host2 zfs snapshot tank/a@theirs || true
wait "$begun" || true
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a
# From there as well.
more
expect_status 0 on host2 zrep refresh tank/a
same file host1 tank/a host2 tank/a
