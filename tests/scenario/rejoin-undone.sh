#!/bin/bash
# needs: userspace
# A way back that is undone when its clone is there already: what other tags and other tools have set is on the dataset again.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs create tank/from
expect_status 0 on host2 zrep -t c init tank/a host1 tank/from/c
on host2 zfs set com.example:wish=never tank/a
others() { on host2 zfs get -Hpo property,value -s local all tank/a | grep -E '^(c|com.example):' | grep -vE ':(link|former-guid)' | LC_ALL=C sort; }
before=$(others)
[[ $before == *c:master*yes* ]] || fail "c is no pair: $before"

on host2 zfs set readonly=off tank/a
echo "only here" | put host2 tank/a mine
lab ctl host2 arm -c PROMOTE 1 before caller
! zrep rejoin tank/a >"$WORK/said" 2>&1 || fail 'it was to be stopped'
cat "$WORK/said"
is "$(lab ctl host2 armed | cut -d ' ' -f 1,3)" 'fired PROMOTE'
has host2 tank/a
is "$(get host2 tank/a mine)" 'only here'
is "$(others)" "$before"

expect_status 0 zrep rejoin tank/a
is "$(others)" "$before"
expect_status 0 zrep sync tank/a
echo "for all" | put host1 tank/a file
expect_status 0 zrep sync tank/a
expect_status 0 on host2 zrep -t c sync tank/a
is "$(get host1 tank/from/c file)" 'for all'

# Twice, with one sync in between, which rejoin itself runs, and then without the other side: it is no copy of itself,
# by the other tag neither.
for i in 1 2; do
	on host2 zfs set readonly=off tank/a
	echo "only here, $i" | put host2 tank/a mine
	sleep 1 # as below
	expect_status 0 zrep rejoin tank/a
done
expect_status 0 on host2 zrep -t c sync tank/a
expect_status 0 zrep sync tank/a
pair tank/b
on host2 zfs set readonly=off tank/b
echo "only here" | put host2 tank/b mine
expect_status 0 zrep rejoin tank/b
echo "more" | put host1 tank/b file
expect_status 0 zrep sync tank/b
sleep 1 # what is kept is named by the second
expect_status 0 on host2 zrep -y takeover -L tank/b@zrep_000000
expect_status 0 zrep rejoin tank/b
expect_status 0 on host2 zrep sync tank/b
