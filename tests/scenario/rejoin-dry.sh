#!/bin/bash
# rejoin -n shows what is at stake and changes nothing.
. "$(dirname "$0")/lib.sh"

pair
echo "sent words" | put host1 tank/a file
synced
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
fill host1 tank/a big 3
on host1 zfs snapshot tank/a@mine
fill host1 tank/a more 2
for host in host1 host2; do
	unchanged expect_status 0 on $host zrep -n rejoin tank/a
	says 'tank/a on host1 has 1 snapshot and 5.' ' MiB since @zrep_000001 that the other side does not have' \
		' keep tank/a_kept_' 'host1: rename tank/a to tank/a_kept_' 'host1: promote tank/a'
	unchanged expect_status 0 on $host zrep -n rejoin --discard tank/a
	says 'tank/a on host1 has 1 snapshot' 'host1: destroy tank/a@mine' 'host1: roll back to tank/a@zrep_000001'
	says_not tank/a_kept
done
# Each step expects what the one before it leaves.
unchanged expect_status 0 on host2 zrep -n failover -L tank/a
says ' zrep:switch=leaving 102,' ', if zrep:epoch=101 zrep:master=yes zrep:switch=leaving 102'
unchanged expect_status 0 zrep -n rejoin tank/a
grep -E 'host1: clone .* zrep:readonly=inherited .* zrep:switch=back ' <<<"$said" >/dev/null || fail 'the clone is not said to carry the mark'

# Nothing at stake, and nobody to come back.
expect_status 0 zrep rejoin tank/a
unchanged expect_status 0 zrep -n rejoin tank/a
says 'nothing to do'
says_not 'does not have'
on host1 zfs create tank/plain
refuses 3 zrep -n rejoin tank/plain
