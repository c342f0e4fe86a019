#!/bin/bash
# limit: 300
# Two destinations of one master, each with a tag: what is done to the role without the other side, and by whose word.
. "$(dirname "$0")/lib-set.sh"

star
write host1 'words A'
expect_status 0 zrep sync tank/a
write host1 'more words A'
expect_status 0 c host1 sync tank/a

# Given up, A would go back to what B has, and C has more.
for how in '' --discard; do
	# shellcheck disable=SC2086
	refuses 3 zrep -y failover -L $how tank/a
	says 'not taken back to an older snapshot' 'under tag c it is the master of tank/a on host3'
done
# A is lost. C has more than B, and is the one to lead.
lab kill host1
unchanged2() { state host2 >"$WORK/was"; "$@"; diff "$WORK/was" <(state host2) || fail "host2 was changed by: $*"; }
unchanged2 expect_status 3 on host2 zrep -y takeover -L tank/a
says 'tank/a on host3 can be reached, and has ' 'takeover -L --force tank/a'
expect_status 0 c host3 -y takeover -L tank/a
write host3 'words C'
expect_status 0 on host3 zrep sync tank/a
says 'follows tank/a on host3 now'
is "$(get host2 tank/a file)" 'words C'
one_master host3

# A is told by either, and comes back from the newest that it has in common with C.
lab start host1
expect_status 3 zrep sync tank/a
says superseded 'epoch 101' 'on host1, zrep -t c rejoin tank/a'
expect_status 3 c host1 sync tank/a
says 'under tag zrep another master was found' 'zrep -t zrep sync tank/a looks again'
expect_status 0 c host1 rejoin tank/a
expect_status 0 c host3 sync tank/a
one_master host3
in_step
