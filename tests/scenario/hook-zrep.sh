#!/bin/bash
# A hook that calls zrep itself finds the dataset busy, and nobody waits for anybody.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
for host in host1 host2; do
	for name in pre-promote pre-demote post-demote post-promote; do
		hook $host $name <<'END'
mkdir -p ~/scenario
{
	for verb in "sync $ZREP_DATASET" "status -a" "failover $ZREP_DATASET" "-y takeover -L $ZREP_DATASET"; do
		zrep $verb </dev/null
		echo "$ZREP_HOOK, $verb: $?"
	done
	! zrep list -L | grep -qx tank/b || zrep sync tank/b
} >>~/scenario/log 2>&1
END
	done
done
for ds in tank/a tank/b; do echo "new of $ds" | put host1 $ds file; done
expect_status 0 on host1 env ZREP_HOOK_TIMEOUT=20 zrep failover tank/a
for ds in tank/a tank/b; do is "$(get host2 $ds file)" "new of $ds"; done
for host in host1 host2; do on $host sh -c 'cat ~/scenario/log'; done >"$WORK/log"
cat "$WORK/log"
is "$(grep -cE '^[a-z-]+, (failover|-y)' "$WORK/log")" 8
is "$(grep -E '^[a-z-]+, (sync|failover|-y)' "$WORK/log" | sed 's/.*: //' | sort -u)" 4
is "$(grep -E '^[a-z-]+, status' "$WORK/log" | sed 's/.*: //' | sort -u)" 0
for host in host1 host2; do unhook $host; done
leads host2
