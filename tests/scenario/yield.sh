#!/bin/bash
# always
# A master makes way and offers its role: nobody can write then, and the other side takes it, or it is taken back.
. "$(dirname "$0")/lib.sh"

# closed HOST: its tank/a can not be written to
closed() { is "$(prop "$1" tank/a readonly)" on; }

pair
echo "second words" | put host1 tank/a file
unchanged expect_status 0 zrep -n yield tank/a
says 'host1: make read-only tank/a' 'host2: offer the role to tank/a' 'zrep:switch=offered 1'

# Offered: whatever else runs leaves it so, on both sides.
expect_status 0 zrep yield tank/a
says 'tank/a on host1 has made way for tank/a on host2' 'to take it: on host2, zrep takeover tank/a' 'to take it back: on host1, zrep takeover tank/a'
is "$(prop host1 tank/a zrep:switch)" 'leaving 1 resting'
is "$(prop host2 tank/a zrep:switch)" "offered 1 $(guid host1 tank/a@zrep_000001)"
closed host1
closed host2
expect_status 11 zrep role tank/a
says 'leaving 1 leaving'
expect_status 10 on host2 zrep role tank/a
says 'replica 0 offered'
unchanged refuses 3 zrep sync tank/a
says 'tank/a on host2 was offered the role of tank/a on host1' 'on host2, zrep takeover tank/a' 'on host1, zrep takeover tank/a'
unchanged refuses 3 on host2 zrep refresh tank/a
unchanged expect_status 0 zrep yield tank/a
says 'has already made way'
expect_status 2 zrep check tank/a
says 'was offered the role'
unchanged expect_status 1 zrep doctor tank/a
says 'was offered the role'
unchanged expect_status 3 on host2 zrep rejoin tank/a
is "$(prop host2 tank/a zrep:switch)" "offered 1 $(guid host1 tank/a@zrep_000001)"

# Taken back, and made again: the same epoch is no other one's.
expect_status 0 zrep takeover tank/a
says 'tank/a on host2 does not get the role that it was offered' 'tank/a on host1 stays the master, and is writable again'
leads host1
is "$(prop host2 tank/a zrep:switch)" -
echo "third words" | put host1 tank/a file
expect_status 0 zrep sync tank/a

# Taken: with the other side asked, it knows at once.
expect_status 0 zrep yield tank/a
expect_status 0 on host2 zrep takeover tank/a
says 'tank/a on host2 is the master of epoch 1' 'tank/a on host1 is the replica'
is "$(get host2 tank/a file)" 'third words'
leads host2
echo "words of host2" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
is "$(get host1 tank/a file)" 'words of host2'

# failover, where it has made way, is the same from the other side.
expect_status 0 on host2 zrep yield tank/a
expect_status 0 on host2 zrep failover tank/a
says 'tank/a on host1 is the master now, of epoch 2'
leads host1
expect_status 0 zrep history tank/a
says 'planned'

# It goes back to no snapshot.
for flag in '' -L; do
	# shellcheck disable=SC2086 # none, or one
	unchanged expect_status 2 zrep yield $flag tank/a@zrep_000000
	says 'yield takes no snapshot'
done
leads host1
