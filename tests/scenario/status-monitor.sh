#!/bin/bash
# status -m: one line and a status for monitoring plugins, from what this host knows alone; and times as people want them.
. "$(dirname "$0")/lib.sh"

# tells STATUS ARG...: it is said in one line.
tells() {
	local want=$1
	shift
	expect_status "$want" zrep status -m "$@"
	is "$(wc -l <<<"$said")" 1
}

tells 3
says 'ZREP UNKNOWN - no dataset on host1 is zrep'
pair
fill host1 tank/a more 2
on host1 zpool sync tank
lab cut # nobody is asked
unchanged tells 0
[[ $said =~ ^'ZREP OK - 1 dataset, worst lag '[0-9]+'s, 2.1 MiB not sent | lag='[0-9]+'s unsent=2'[0-9]{6}B$ ]] ||
	fail 'not as plugins say it'
tells 0 --max-lag 5m tank/a
says 's;;300 unsent='
expect_status 0 on host2 zrep status -m
is "$said" 'ZREP OK - 0 datasets'
expect_status 0 on host2 zrep status -m -a
says 'ZREP OK - 1 dataset, worst lag '
is "$(on host1 zrep --json status -m | jq -r '.datasets."tank/a" | .state, .unsent_bytes > 2000000' | paste -sd ' ')" 'ok true'
tells 3 --max-lag soon
tells 3 tank/none
expect_status 3 zrep status -m -x
unchanged expect_status 2 zrep status --max-lag 5m
says '--max-lag goes with -m'
lab join

# Late, never, failed, leaving, superseded; paused.
last=$(snaps host1 tank/a | grep -o '[^ ]*$')
on host1 zfs set zrep:sent=1000000000 "tank/a@$last"
tells 2 --max-lag 1d
says 'ZREP CRITICAL - tank/a: last synced ' 'which is longer than 1d 0h'
tells 0
on host1 zfs inherit zrep:sent "tank/a@$last"
tells 1
says 'ZREP WARNING - tank/a: nothing was synced yet'
expect_status 5 on host1 env ZREP_PATH=no-zrep zrep sync tank/a
tells 1
says 'the last run failed (unreachable): ' '(zrep check tank/a tells'
says_not 'failed (unreachable): tank/a'
expect_status 1 zrep --json status -m
is "$(jq -r '.datasets."tank/a".findings[0].reason' <<<"$said")" unreachable
on host1 zfs set zrep:paused=yes tank/a
tells 0
is "$said" 'ZREP OK - 0 datasets, 1 paused'
on host1 zfs inherit zrep:paused tank/a
synced
on host1 zfs set zrep:switch='leaving 1' tank/a
unchanged tells 2
says 'ZREP CRITICAL - tank/a: it is being demoted, and is read-only'
on host1 zfs inherit zrep:switch tank/a
expect_status 0 on host2 zrep -y takeover -L tank/a
expect_status 3 zrep sync tank/a
tells 2
says 'ZREP CRITICAL - tank/a: it was superseded'
expect_status 2 zrep --json status -m
is "$(jq -r '.datasets."tank/a".findings[0].reason' <<<"$said")" superseded
on host1 zfs set zrep:paused=yes tank/a # that does not excuse it
tells 2
on host1 zfs inherit zrep:paused tank/a

# --- ZREP_DATEFORMAT ---
dated() { on host1 env ZREP_DATEFORMAT="$1" zrep "${@:2}"; }
expect_status 0 dated 'on %d/%m/%y' status
[[ $said =~ 'on '[0-3][0-9]/[01][0-9]/[0-9]{2} ]] || fail 'no time as asked for'
expect_status 0 dated 'on %y' list -s tank/a
says $'tank/a@zrep_000000\ton '"$(date -u +%y)"
expect_status 0 dated 'on %y' list -s -v tank/a
[[ $said =~ $'\ton '[0-9]{2}$'\t'(on [0-9]{2}|not sent) ]] || fail 'no time of the sync'
expect_status 2 dated 'in year %y' check tank/a
says ' since in year 2'
expect_status 0 dated $'a\tb\e[31m%n%y' status
says 'a?b?[31m?2'
expect_status 0 dated '%1000Y' status
says ' 20'
is "$(dated 'x' status --json | jq '.datasets."tank/a".synced > 1000000000')" true

# --- what is stored may be anybody's ---
pair tank/p
on host1 zfs set zrep:error='some | odd text' tank/p
expect_status 1 zrep status -m -v tank/p
is "$(grep -c '|' <<<"$said")" 1 # the first line's, with the numbers
says 'tank/p: warning: the last run failed: some / odd text'
on host1 zfs set zrep:error='1700000000 no-space tank/p: it is full' tank/p
expect_status 1 zrep status -m tank/p
says 'ZREP WARNING - tank/p: the last run failed (no-space): it is full (zrep check tank/p tells'
