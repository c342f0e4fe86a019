#!/bin/bash
# A master gives up without the other side being asked: it goes back to what that had last.
. "$(dirname "$0")/lib.sh"

pair
echo "sent words" | put host1 tank/a file
synced
echo "words that were not sent" | put host1 tank/a file
on host1 zfs snapshot tank/a@mine
lab cut
unchanged expect_status 0 zrep -n failover -L tank/a
says 'make read-only tank/a'
expect_status 0 zrep failover -L tank/a
kept=$(kept host1)
says 'goes back to @zrep_000001: 1 newer snapshot and ' 'preserved' "preserved there as $kept" \
	'tank/a on host1 is a replica of epoch 1; tank/a on host2 was not asked'
is "$(roles host1)" '- host2 tank/a host1 tank/a - on'
is "$(get host1 tank/a file)" 'sent words'
is "$(get host1 "$kept" file)" 'words that were not sent'
is "$(snaps host1 "$kept")" mine
unchanged expect_status 0 zrep failover -L tank/a
says 'already a replica'
lab join
refuses 3 zrep sync tank/a
refuses 3 on host2 zrep sync tank/a
expect_status 0 on host2 zrep takeover tank/a
is "$(prop host2 tank/a zrep:epoch)" 1
leads host2

# --discard: not without a word; and what is newer is gone.
echo "words to be lost" | put host2 tank/a file
on host2 zfs snapshot tank/a@lost
refuses 3 on host2 zrep failover -L --discard tank/a
says '1 newer snapshot' 'are destroyed' 'say -y'
expect_status 0 on host2 zrep -y failover -L --discard tank/a
is "$(kept host2)" ''
hasnt host2 tank/a@lost
expect_status 0 zrep takeover tank/a
is "$(prop host1 tank/a zrep:epoch)" 2
leads host1

# Nothing was newer: nothing is kept.
on host1 zfs destroy -r "$kept"
expect_status 0 zrep failover -L tank/a
is "$(kept host1)" ''
expect_status 0 zrep failover tank/a
leads host2
