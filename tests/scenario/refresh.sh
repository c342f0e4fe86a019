#!/bin/bash
# A backup server fetches: it can reach the master's host, and is not reached from there.
. "$(dirname "$0")/lib.sh"

fetch() { on host2 env SSH="$ssh2" zrep "$@"; }
ssh2='ssh'
pair
pair tank/b
snap_of() { on "$1" zfs list -Hd 1 -t snapshot -o name -s createtxg "$2" | tail -n 1 | sed 's/.*@//'; }

echo 'second words' | put host1 tank/a file
expect_status 0 fetch refresh tank/a
says 'host1:tank/a -> tank/a  @zrep_000001'
same file host1 tank/a host2 tank/a
is "$(guid host1 tank/a@zrep_000001)" "$(guid host2 tank/a@zrep_000001)"
for host in host1 host2; do
	is "$(holds "$host" tank/a@zrep_000001)" zrep
	[[ $(prop "$host" tank/a@zrep_000001 zrep:sent) =~ ^[0-9]+$ ]] || fail "not marked on $host"
done

# Nothing new, several at a time, as JSON, and as a plan.
expect_status 0 fetch refresh tank/a
says 'unchanged since @zrep_000001'
echo 'other words' | put host1 tank/b file
unchanged expect_status 0 fetch -n refresh all
says 'host1 -> host2: send tank/b@zrep_000000..@zrep_000001 to tank/b@zrep_000001'
expect_status 0 fetch refresh -P 2 all
says '2 datasets: 1 fetched' '1 unchanged'
echo 'more' | put host1 tank/b file
on host2 zrep --json refresh all >"$WORK/json"
is "$(jq -r '.datasets."tank/b".status, .datasets."tank/b".source, .datasets."tank/a".status' "$WORK/json" | paste -sd ' ')" 'fetched tank/b unchanged'

# On the master there is nothing to fetch, and what is paused is left out.
refuses 3 zrep refresh tank/a
says 'is a master' 'zrep sync tank/a'
zrep pause tank/a
echo 'third words' | put host1 tank/a file
expect_status 0 fetch refresh all
says 'tank/a is paused'
refuses 3 fetch refresh tank/a
says 'tank/a on host1 is paused' 'zrep unpause tank/a on host1'
zrep unpause tank/a
expect_status 0 fetch refresh tank/a
same file host1 tank/a host2 tank/a

# Somebody wrote to the replica.
on host2 zfs set readonly=off tank/a
echo 'graffiti' | put host2 tank/a wall
on host2 zfs set readonly=on tank/a
echo 'fourth words' | put host1 tank/a file
refuses 3 fetch refresh tank/a
says 'was changed' '-f'
expect_status 0 fetch refresh -f tank/a
same file host1 tank/a host2 tank/a

# What failed is told where people look: on the master.
on host2 zfs set quota=$(($(prop host2 tank used) + (10 << 20))) tank # that of a replica would be lifted
fill host1 tank/b big 20
expect_status 1 fetch refresh tank/b
expect_status 0 zrep status tank/b
says failed
on host2 zfs set quota=none tank
expect_status 0 fetch refresh tank/b
same big host1 tank/b host2 tank/b
expect_status 0 zrep status tank/b
says_not failed

# The role moves, and host2 sends or host1 fetches.
expect_status 0 zrep failover tank/a
echo 'fifth words' | put host2 tank/a file
expect_status 0 zrep refresh tank/a
says 'host2:tank/a -> tank/a'
same file host1 tank/a host2 tank/a

lab cut
expect_status 5 zrep --timeout 2 refresh tank/a
