#!/bin/bash
# A dataset and those below it that go the same way move together, or not at all.
. "$(dirname "$0")/lib.sh"

tree='tank/a tank/a/b tank/a/b/c'
for ds in $tree; do pair "$ds"; done
pair tank/ab
for ds in $tree; do echo "new in $ds" | put host1 "$ds" file; done
expect_status 0 zrep failover tank/a
for ds in $tree; do
	is "$(get host2 "$ds" file)" "new in $ds"
	leads host2 "$ds"
	is "$(prop host2 "$ds" zrep:epoch)" 1
done
leads host1 tank/ab
expect_status 0 on host2 zrep failover tank/a
for ds in $tree; do leads host1 "$ds"; done

# One of them cannot: found out before, and on the way.
spoil host2 tank/a/b mine
refuses 3 zrep failover tank/a
says 'tank/a/b on host2 was changed' '@mine'
expect_status 3 zrep failover tank/a
says 'tank/a does not move, because tank/a/b of the same tree cannot' 'tank/a/b/c does not move'
for ds in $tree; do led_by host1 "$ds"; done
unspoil host2 tank/a/b mine
hook host2 pre-promote < <(echo '[ "$ZREP_DATASET" = tank/a/b/c ] || exit 0'; spoiling meanwhile)
expect_status 3 zrep failover tank/a
says 'tank/a/b/c on host2 was changed' 'tank/a does not move'
for ds in $tree; do led_by host1 "$ds"; done
unhook host2
unspoil host2 tank/a/b/c meanwhile
for ds in $tree; do leads host1 "$ds"; done

# A child alone.
expect_status 0 zrep failover tank/a/b/c
led_by host1 tank/a/b
leads host2 tank/a/b/c
expect_status 0 zrep failover tank/a/b
leads host2 tank/a/b
leads host2 tank/a/b/c
leads host1 tank/a
