#!/bin/bash
# A replica took over by force and gave up again, while its master went on: that is the only master, and syncs on.
. "$(dirname "$0")/lib.sh"

pair
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "words of host2" | put host2 tank/a file
expect_status 0 on host2 zrep failover -L tank/a
lab join
is "$(get host2 "$(kept host2)" file)" 'words of host2'
is "$(roles host2)" '- host1 tank/a host2 tank/a - on'
echo "words of host1" | put host1 tank/a file
expect_status 0 zrep sync tank/a
says 'tank/a on host1 goes on as the master of epoch 102'
is "$(prop host1 tank/a zrep:epoch) $(prop host2 tank/a zrep:epoch)" '102 102'
leads host1
expect_status 0 zrep failover tank/a
is "$(prop host2 tank/a zrep:epoch)" 103
leads host2
