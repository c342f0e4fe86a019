#!/bin/bash
# always
# Who was offered the role takes it without asking, and loses nothing; a master that cannot ask makes way all the same.
. "$(dirname "$0")/lib.sh"

pair
echo "last words" | put host1 tank/a file
expect_status 0 zrep yield tank/a
lab cut
expect_status 0 on host2 zrep --timeout 5 takeover tank/a
says 'tank/a on host2 is the master of epoch 1'
is "$(get host2 tank/a file)" 'last words'
is "$(prop host2 tank/a readonly)" off
echo "newer words" | put host2 tank/a file
# In doubt, as it was not told: it stays closed, and is told when it can ask.
refuses 5 zrep --timeout 5 takeover tank/a
says 'is in doubt'
is "$(prop host1 tank/a readonly)" on
lab join
expect_status 0 on host2 zrep sync tank/a
says 'tank/a on host1 is the replica now'
is "$(get host1 tank/a file)" 'newer words'
leads host2
expect_status 0 on host2 zrep history tank/a
says 'planned'

# -L does not even try, and is no force: nothing is lost, no hook fences, the epoch is the one that was offered.
expect_status 0 on host2 zrep yield tank/a
expect_status 0 on host1 zrep takeover -L tank/a
says 'tank/a on host1 is the master of epoch 2'
is "$(prop host1 tank/a zrep:epoch)" 2
expect_status 0 zrep sync tank/a
leads host1

# Nobody to ask: it rests. Then it is the master again without asking; or offers its role once it can ask.
lab cut
expect_status 0 zrep --timeout 5 yield tank/a
says 'has made way, and nobody was offered its role' 'to take it back: on host1, zrep takeover tank/a'
is "$(prop host1 tank/a zrep:switch)" resting
is "$(prop host1 tank/a readonly)" on
expect_status 11 zrep role tank/a
says 'resting 2 resting'
unchanged expect_status 0 zrep yield -L tank/a
says 'has already made way'
expect_status 0 zrep --timeout 5 takeover tank/a
is "$(prop host1 tank/a zrep:switch)" -
is "$(prop host1 tank/a readonly)" off
echo "more words" | put host1 tank/a file
expect_status 0 zrep yield -L tank/a
lab join
expect_status 0 zrep yield tank/a
is "$(prop host1 tank/a zrep:switch)" 'leaving 3 resting'
is "$(prop host2 tank/a zrep:switch)" "offered 3 $(guid host1 "tank/a@$(snaps host1 tank/a | sed "s,.* ,,")")"
expect_status 0 on host2 zrep takeover tank/a
is "$(get host2 tank/a file)" 'more words'
leads host2

# What cannot be closed is as it was, and is said not to be: a hook that fails; and in a tree, all of it.
echo 'exit 1' | hook host2 pre-demote
expect_status 1 on host2 zrep yield -L tank/a
says 'pre-demote'
is "$(prop host2 tank/a zrep:switch)" -
is "$(prop host2 tank/a readonly)" off
expect_status 0 on host2 zrep role tank/a
unhook host2
pair tank/t
on host1 zfs create tank/t/c
expect_status 0 zrep init tank/t/c host2 tank/t/c
printf '#!/bin/sh\n[ "$ZREP_DATASET" != tank/t/c ]\n' | on host1 sh -c 'd=${ZREP_HOOKS:-/etc/zrep/hooks.d}; mkdir -p "$d"; cat >"$d/pre-demote"; chmod 755 "$d/pre-demote"'
expect_status 1 zrep yield -L tank/t
for d in tank/t tank/t/c; do
	is "$(prop host1 $d zrep:switch)" -
	is "$(prop host1 $d readonly)" off
done
unhook host1
# A move that begins at one that rests, and loses the other side before anything was decided, leaves it resting.
expect_status 0 zrep yield -L tank/t
echo 'sleep 6' | hook host1 pre-demote
on host1 zrep --timeout 5 failover tank/t >"$WORK/moved" 2>&1 &
job=$!
moves() { [[ $(prop host1 tank/t zrep:switch) == leaving* ]]; }
within 20 moves
lab cut
wait "$job" && fail 'it moved'
lab join
is "$(prop host1 tank/t zrep:switch)" resting
is "$(prop host1 tank/t readonly)" on
unhook host1
expect_status 0 zrep takeover tank/t
