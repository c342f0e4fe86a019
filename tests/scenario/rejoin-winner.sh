#!/bin/bash
# always
# The new master's host can bring the former one back as well.
. "$(dirname "$0")/lib.sh"

pair
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "words that were not sent" | put host1 tank/a file
echo "words of the new master" | put host2 tank/a file
expect_status 5 on host2 env SSH='ssh -o ConnectTimeout=1' zrep --timeout 2 rejoin tank/a
lab join
is "$(on host2 zrep --json rejoin tank/a | jq -r '.datasets."tank/a" | .replica, .host, .status' | paste -sd ' ')" \
	'tank/a host1 rejoined'
is "$(get host1 "$(kept host1)" file)" 'words that were not sent'
is "$(get host1 tank/a file)" 'words of the new master'
leads host2

# Not by the one whose epoch is the lower: there is nobody else to come back.
expect_status 0 on host2 zrep rejoin tank/a
says 'tank/a on host1 is the replica of tank/a on host2 already'

# A replica with data of its own comes back in the same way.
on host1 zfs set readonly=off tank/a
echo "somebody else's words" | put host1 tank/a file
on host1 zfs set readonly=on tank/a
refuses 3 on host2 zrep sync tank/a
on host1 zfs destroy -r "$(kept host1)"
expect_status 0 on host2 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" file)" "somebody else's words"
leads host2
