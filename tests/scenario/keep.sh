#!/bin/bash
# Beside the newest, each side keeps the oldest of each of the periods that its own keep names.
. "$(dirname "$0")/lib.sh"

more() { # more N: so many changes, each synced
	local i
	for ((i = 0; i < $1; i++)); do
		echo "$RANDOM" | put host1 tank/a file
		expect_status 0 zrep sync tank/a
	done
}

pair
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=2 tank/a
on host1 zfs set zrep:keep=1y tank/a
more 3
is "$(snaps host1 tank/a)" 'zrep_000000 zrep_000003'
is "$(snaps host2 tank/a)" 'zrep_000002 zrep_000003'

# The other way round: what was kept here so far goes, and the oldest that is left there stays.
on host1 zfs inherit zrep:keep tank/a
on host2 zfs set zrep:keep=3y tank/a
more 2
is "$(snaps host1 tank/a)" 'zrep_000005'
is "$(snaps host2 tank/a)" 'zrep_000002 zrep_000004 zrep_000005'
expect_status 0 zrep expire
is "$(snaps host2 tank/a)" 'zrep_000002 zrep_000004 zrep_000005'

# It is shown.
on host1 zfs set zrep:keep='2y 9999m' tank/a
expect_status 0 zrep status -v tank/a
says 'keep         2y 9999m'
expect_status 0 zrep list -v tank/a
says $'zrep:keep\t2y 9999m'
is "$(zrep status --json tank/a | jq -r '.datasets."tank/a" | .keep, .keep_bad' | paste -sd ' ')" '2y 9999m false'
on host1 zfs set zrep:keep=2y tank/a

# ZREP_SKIP_EXPIRE: a sync destroys nothing old.
for skip in 1 yes; do
	echo $skip | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	echo "$skip, skipped" | put host1 tank/a file
	expect_status 0 on host1 env ZREP_SKIP_EXPIRE=$skip zrep sync tank/a
done
is "$(snaps host1 tank/a)" 'zrep_000005 zrep_000008 zrep_000009'
is "$(snaps host2 tank/a)" 'zrep_000002 zrep_000007 zrep_000008 zrep_000009'
for skip in 0 no ''; do
	echo "not $skip" | put host1 tank/a file
	expect_status 0 on host1 env ZREP_SKIP_EXPIRE=$skip zrep sync tank/a
	is "$(snaps host1 tank/a | wc -w)" 2
done

# What cannot be read destroys nothing on its side, and says what to do.
for value in '24' '24h 3x' '1h 1h' '0d' '24h,7d'; do
	on host1 zfs set "zrep:keep=$value" tank/a
	echo "$value" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	says "tank/a on host1: keep \"$value\" cannot be read" 'nothing is expired there' 'zfs inherit zrep:keep tank/a'
	for cmd in 'status -m' check; do
		# shellcheck disable=SC2086
		expect_status 1 zrep $cmd
		says "tank/a on host1: keep \"$value\" cannot be read, so nothing is expired there"
	done
	refuses 3 zrep expire tank/a
	says "keep \"$value\" cannot be read" 'zfs set zrep:keep="24h 14d 8w 12m" tank/a'
done
is "$(snaps host1 tank/a | wc -w)" 7
is "$(snaps host2 tank/a | wc -w)" 3
expect_status 0 zrep status -v tank/a
says 'keep         24h,7d (cannot be read: nothing is expired)'
refuses 3 zrep expire -L tank/a
on host1 zfs set zrep:keep=2y tank/a
synced
is "$(snaps host1 tank/a | wc -w)" 2

# A change of role leaves each side its own; so does a way back.
expect_status 0 zrep failover tank/a
leads host2
is "$(prop host1 tank/a zrep:keep),$(prop host2 tank/a zrep:keep)" 2y,3y
echo "only here" | put host2 tank/a file
lab cut
expect_status 0 on host1 zrep -y takeover -L tank/a
lab join
expect_status 0 zrep rejoin tank/a
leads host1
is "$(prop host1 tank/a zrep:keep),$(prop host2 tank/a zrep:keep)" 2y,3y
is "$(on host1 zfs get -Ho source zrep:keep tank/a),$(on host2 zfs get -Ho source zrep:keep tank/a)" local,local
