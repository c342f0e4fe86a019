#!/bin/bash
# One side is lost after the other: each takeover is of a higher epoch, and nothing that was kept is lost.
. "$(dirname "$0")/lib.sh"

pair
echo "not sent by host1" | put host1 tank/a file
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
unchanged=$(state host2)
expect_status 0 on host2 zrep -y takeover -L tank/a
says 'already the master of epoch 101'
is "$(state host2)" "$unchanged"
echo "of epoch 1" | put host2 tank/a file
lab start host1
expect_status 0 zrep rejoin tank/a
first=$(kept host1)
echo "not sent by host2" | put host2 tank/a file
lab kill host2
expect_status 0 zrep -y takeover -L tank/a
is "$(get host1 tank/a file)" 'of epoch 1'
is "$(prop host1 tank/a zrep:epoch)" 202
echo "of epoch 2" | put host1 tank/a file
lab start host2
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host2 was superseded' 'epoch 202'
expect_status 0 on host2 zrep rejoin tank/a
is "$(get host2 "$(kept host2)" file)" 'not sent by host2'
is "$(get host2 tank/a file)" 'of epoch 2'
leads host1

# Without a rejoin in between: the one that was superseded gives up and takes over again.
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "of epoch 3" | put host2 tank/a file
lab kill host2
lab start host1
expect_status 0 zrep failover -L tank/a
expect_status 0 zrep -y takeover -L tank/a
lab start host2
refuses 3 on host2 zrep sync tank/a
says superseded "epoch $(prop host1 tank/a zrep:epoch)"
expect_status 0 on host2 zrep rejoin tank/a
kept host2 | while read -r ds; do get host2 "$ds" file; done | grep -x 'of epoch 3'
is "$(get host1 "$first" file)" 'not sent by host1'
leads host1
