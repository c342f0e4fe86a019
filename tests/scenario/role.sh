#!/bin/bash
# zrep role: one line for programs, of this host alone, which changes nothing; takeover --fenced runs no fence.
. "$(dirname "$0")/lib.sh"

# tells STATUS LINE HOST DATASET...
tells() {
	local want=$1 line=$2 host=$3
	shift 3
	unchanged expect_status "$want" on "$host" zrep role "$@"
	is "$said" "$line"
}
pair
synced
tells 0 'master 0 ok' host1 tank/a
tells 10 'replica 0 replica' host2 tank/a
expect_status 0 zrep failover tank/a
tells 10 'replica 1 replica' host1 tank/a
tells 0 'master 1 ok' host2 tank/a
on host2 zfs create tank/x
tells 12 'none 0 -' host2 tank/x
tells 11 "$(printf 'tank/a\tmaster 1 ok\ntank/x\tnone 0 -')" host2 tank/a tank/x
expect_status 1 zrep role tank/none
expect_status 2 zrep role
on host2 zfs set zrep:switch='leaving 2' tank/a
lab cut
tells 11 'leaving 2 leaving' host2 tank/a
expect_status 11 on host2 zrep --json role tank/a
is "$(jq -r '.datasets."tank/a" | [.role, .epoch, .state, .exit] | join(" ")' <<<"$said")" 'leaving 2 leaving 11'
on host2 zfs inherit zrep:switch tank/a
lab join

echo 'touch ~/fenced' | hook host1 fence
fenced() { on host1 sh -c 'test -e ~/fenced'; }
expect_status 2 zrep takeover --fenced tank/a
says '--fenced goes with -L'
expect_status 2 zrep failover --fenced tank/a
expect_status 0 zrep -y takeover -L --fenced tank/a
! fenced || fail 'the hook was run'
tells 0 'master 102 ok' host1 tank/a
expect_status 0 on host2 zrep rejoin tank/a
expect_status 0 zrep failover tank/a
expect_status 0 zrep -y takeover -L tank/a
fenced || fail 'the hook was not run'
