#!/bin/bash
# check: would a failover succeed, and what would be lost? One line and a status for monitoring plugins.
. "$(dirname "$0")/lib.sh"

# checks STATUS CMD...: it is said in one line.
checks() {
	expect_status "$@"
	is "$(wc -l <<<"$said")" 1
}

checks 3 zrep check
says 'ZREP UNKNOWN - no dataset on host1 is zrep'
pair
fill host1 tank/a more 2
on host1 zpool sync tank
unchanged checks 0 zrep check
[[ $said =~ ^'ZREP OK - 1 dataset, worst lag '[0-9]+'s, 2.1 MiB not sent | lag='[0-9]+'s unsent=2'[0-9]{6}B$ ]] ||
	fail 'not as plugins say it'
checks 0 zrep check --max-lag 5m tank/a
says 's;;300 unsent='
checks 0 on host2 zrep check
says 'ZREP OK - 1 dataset, worst lag ' '2.1 MiB not sent'
expect_status 0 zrep check -v
says $'\ntank/a: ok: last synced ' '(@zrep_000000), 2.1 MiB not sent'
is "$(on host1 zrep --json check | jq -r '.datasets."tank/a" | .state, .lag >= 0, .unsent_bytes > 2000000, .findings[0].level' |
	paste -sd ' ')" 'ok true true ok'

# What cannot be looked at at all.
checks 3 zrep check tank/none
says 'ZREP UNKNOWN - tank/none: tank/none on host1 does not exist'
checks 3 zrep check tank
says 'ZREP UNKNOWN - tank: tank on host1 is not replicated'
checks 3 zrep check --max-lag soon
says 'ZREP UNKNOWN - --max-lag' '"soon"'
checks 3 zrep check tank/a tank/none
says 'UNKNOWN - tank/none: ' ' | lag='

# A dataset that is busy is well all the same; and check is in nobody's way.
fill host1 tank/a big 12
begin 5 zrep sync tank/a
checks 0 zrep check tank/a
go_on
ended 0
# So is one that is synced all the time.
on host1 sh -c 'mkdir -p ~/scenario && rm -f ~/scenario/*'
on host1 sh -c 'until [ -e ~/scenario/go ]; do zfs snapshot tank/a@$(date +%s.%N); zrep sync tank/a; done' >/dev/null 2>&1 &
syncs=$!
for _ in {1..3}; do expect_status 0 zrep check tank/a; done
on host1 sh -c ': >~/scenario/go'
wait "$syncs"
synced

# Late, paused, a hold that is gone.
last=$(snaps host1 tank/a | grep -o '[^ ]*$')
for host in host1 host2; do on $host zfs set zrep:sent=1000000000 "tank/a@$last"; done
checks 2 zrep check --max-lag 1d
says 'ZREP CRITICAL - tank/a: last synced ' 'which is longer than 1d 0h' 's;;86400 unsent='
checks 0 zrep check
synced
on host1 zfs set zrep:paused=yes tank/a
checks 1 on host2 zrep check
says 'ZREP WARNING - tank/a: tank/a on host1 is paused'
on host1 zfs inherit zrep:paused tank/a
on host2 zfs release zrep "tank/a@$last"
checks 1 zrep check
says "ZREP WARNING - tank/a: tank/a@$last on host2" 'is not held' 'zrep sync tank/a'
synced

# The replica was changed; its key is missing; what is not sent does not fit.
spoil host2 tank/a mine
unchanged checks 2 zrep check
says 'ZREP CRITICAL - tank/a: the destination tank/a on host2 was changed' '(@mine)' 'zrep sync -f tank/a'
expect_status 2 on host2 zrep --json check
is "$(jq -r '.datasets."tank/a" | .state, .findings[0].level' <<<"$said" | paste -sd ' ')" 'critical critical'
unspoil host2 tank/a mine
on host1 sh -c 'head -c 32 /dev/zero | zfs create -o encryption=on -o keyformat=raw tank/e'
echo secret | put host1 tank/e file
zrep init tank/e host2 tank/e
checks 2 zrep check
says 'ZREP CRITICAL - tank/e: the key of tank/e on host2 is not loaded' 'zfs load-key tank/e'
expect_status 2 zrep check -v
says $'\ntank/a: ok: ' $'\ntank/e: critical: '
for host in host1 host2; do on $host zrep clear -f tank/e; done
fill host1 tank/a more 4
on host1 zpool sync tank
# A quota of the replica's own is lifted by the next sync; one of what it is in stays.
on host2 zfs set quota=$(($(prop host2 tank/a used) + 1000000)) tank/a
expect_status 0 zrep check
on host2 zfs set quota=none tank/a
on host2 zfs set quota=$(($(prop host2 tank used) + 1000000)) tank
checks 2 zrep check
says 'ZREP CRITICAL - tank/a: tank/a on host2 has room for ' 'MiB are not sent yet'
on host2 zfs set quota=none tank
synced

# Two masters; and a role change that died in the middle.
on host2 zfs set zrep:master=yes zrep:src-host=host2 zrep:dest-host=host1 tank/a
checks 2 zrep check
says 'ZREP CRITICAL - tank/a: split brain: tank/a on host1 and tank/a on host2'
on host2 zfs set zrep:epoch=1 tank/a
checks 2 zrep check
says 'tank/a on host1 was superseded' 'zrep rejoin tank/a'
checks 2 on host2 zrep check
says 'tank/a on host1 claims to be the master, with the older epoch'
on host2 zfs set zrep:epoch=0 zrep:src-host=host1 zrep:dest-host=host2 tank/a
on host2 zfs inherit zrep:master tank/a
on host1 zfs set zrep:switch='leaving 1' zrep:readonly=inherited readonly=on tank/a
unchanged checks 2 zrep check
says 'tank/a on host1 is in the middle of a role change (leaving 1)'

# The other side is gone: what would be lost is told from what this one knows.
lab kill host2
checks 2 zrep check
says 'ZREP CRITICAL - tank/a: tank/a on host1 is in doubt' ' | lag='
lab start host2
synced
lab kill host2
checks 2 zrep check
says 'ZREP CRITICAL - tank/a: a failover would not succeed: ssh cannot reach host2' ' | lag=' 's unsent=0B'
lab start host2
lab kill host1
checks 2 on host2 zrep check
says 'ZREP CRITICAL - tank/a: a takeover would not succeed: ssh cannot reach host1' ' | lag='
lab start host1
on host2 zfs rename tank/a tank/b
checks 2 zrep check
says 'ZREP CRITICAL - tank/a: the destination tank/a on host2 does not exist' 'and is tank/b there now'
# Renamed, it is no replica: that is told whether somebody asks for it or not, as status -m tells it.
checks 2 on host2 zrep check
says 'CRITICAL - tank/b: tank/b on host2 carries zrep properties that do not fit it'
checks 2 on host2 zrep check tank/b
says 'CRITICAL - tank/b: tank/b on host2 carries zrep properties that do not fit it'
checks 2 on host2 zrep status -m
on host2 zrep clear -f tank/b

# Both sides on one host are one pair.
on host2 zfs create tank/c
on host2 zrep init tank/c localhost tank/d
checks 0 on host2 env SSH=/nonexistent zrep check
says 'ZREP OK - 1 dataset,'
