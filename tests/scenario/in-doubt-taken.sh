#!/bin/bash
# The master is in doubt, and the other side did become master, by force: the higher epoch goes on, and nothing is lost.
. "$(dirname "$0")/lib.sh"

pair
# It had written something that the other side did not get.
late host1 16
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
is "$(prop host2 tank/a zrep:epoch)" 101
lab start host1
refuses 3 zrep sync tank/a
says 'tank/a on host1 was superseded: tank/a on host2 is the master of epoch 101'
is "$(prop host1 tank/a readonly)" on
get host1 tank/a big >"$WORK/big"
unhook host1
expect_status 0 zrep rejoin tank/a
cmp "$WORK/big" <(get host1 "$(kept host1)" big)
leads host2

# It had written nothing: it becomes the replica by itself, also where it was not read-only yet.
expect_status 0 zrep takeover tank/a
on host1 zfs destroy -r "$(kept host1)"
hook host1 pre-demote <<'END'
: >~/scenario/waits
until [ -e ~/scenario/go ]; do sleep 0.1; done
END
start zrep failover tank/a
within 20 on host1 sh -c 'test -e ~/scenario/waits'
signal KILL
ended 137
on host1 sh -c ': >~/scenario/go'
within 20 idle
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
unhook host1
expect_status 0 zrep doctor --fix tank/a
says 'tank/a on host1 is the replica now: tank/a on host2 is the master of epoch 203'
is "$(kept host1)" ''
leads host2

# Both by force: the master that was in doubt is above the epoch that was agreed on.
expect_status 0 zrep takeover tank/a
late host1 16
begin 8 zrep failover tank/a
signal KILL
ended 137
within 20 idle
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "words of host2" | put host2 tank/a file
unhook host1
expect_status 0 zrep -y takeover -L --force tank/a
lab join
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host2 was superseded: tank/a on host1 is the master of epoch 306'
expect_status 0 on host2 zrep rejoin tank/a
is "$(get host2 "$(kept host2)" file)" 'words of host2'
same big host1 tank/a host2 tank/a
leads host1
