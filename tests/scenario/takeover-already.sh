#!/bin/bash
# needs: userspace
# limit: 240
# The role is where it is to go: that alone is no success where more was asked for (@SNAP), or where the master may not lead, since
# it has made way, or was superseded, under another tag.
. "$(dirname "$0")/lib.sh"

pair
for words in one two three; do
	echo "$words" | put host1 tank/a file
	synced
done
# Nothing is taken back, and nothing was said that it was.
for n in '' -n; do
	# shellcheck disable=SC2086
	refuses 3 on host2 zrep $n -y failover -L tank/a@zrep_000001
	says 'is a replica already, and was not taken back to @zrep_000001' 'on host1, zrep failover -L tank/a@zrep_000001'
	# shellcheck disable=SC2086
	refuses 3 zrep $n -y takeover -L tank/a@zrep_000001
	says 'is the master already, and was not taken back to @zrep_000001' \
		'on host1, zrep failover -L tank/a@zrep_000001, then zrep takeover tank/a'
done
refuses 3 zrep -y takeover -L tank/a@none
says 'has no snapshot @none'
# It is there.
unchanged expect_status 0 on host2 zrep -y failover -L "tank/a@$(snaps host2 tank/a | awk '{ print $NF }')"
says 'is already a replica'
# What was printed does it; and again, it is done.
expect_status 0 zrep -y failover -L tank/a@zrep_000001
is "$(get host1 tank/a file)" one
unchanged expect_status 0 zrep -y failover -L tank/a@zrep_000001
says 'is already a replica'
expect_status 0 zrep takeover tank/a
is "$(get host1 tank/a file)" one
is "$(get host1 "$(kept host1)" file)" three
unchanged expect_status 0 zrep -y takeover -L tank/a@zrep_000001
expect_status 0 on host2 zrep rejoin tank/a
is "$(get host2 tank/a file)" one
leads host1

# A star's master, that rests under one tag: it has not the role under the other.
lab up host3
on host1 zfs create tank/s
echo one | put host1 tank/s file
zrep -t b init tank/s host2 tank/s >/dev/null
zrep -t c init tank/s host3 tank/s >/dev/null
for tag in c b; do zrep -t $tag sync tank/s >/dev/null; done
expect_status 0 zrep -t b yield -L tank/s
for L in '' -L; do
	# shellcheck disable=SC2086
	refuses 3 zrep -t c -y takeover $L tank/s
	says 'under tag b it has made way, and is read-only' 'on host1, zrep -t b takeover tank/s'
done
# Nor where somebody else leads by now, whether that can be asked or is known.
lab kill host1
expect_status 0 on host2 zrep -t b -y takeover -L tank/s
echo 'of b' | put host2 tank/s file
lab start host1
led='tank/s on host2 can be reached, and is the master of epoch 101'
unchanged refuses 3 zrep -t c takeover tank/s
says "$led" 'on host1, zrep -t b rejoin tank/s'
unchanged refuses 3 zrep -t c -n takeover tank/s
says "$led"
refuses 3 zrep -t b sync tank/s
says superseded
lab kill host2
refuses 3 zrep -t c takeover tank/s
says 'under tag b'
lab start host2
expect_status 0 zrep -t b rejoin tank/s
expect_status 0 on host2 zrep -t b sync tank/s
expect_status 0 on host2 zrep -t c sync tank/s
for h in host1 host3; do
	is "$(get $h tank/s file)" 'of b'
done
# Who leads does.
unchanged expect_status 0 on host2 zrep -t b takeover tank/s
says 'already the master of epoch 101'
