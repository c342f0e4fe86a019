#!/bin/bash
# -D or DEBUG: what is asked of which host and how long it took, on standard error; all else stays as it is.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
for ds in a b; do echo more | put host1 tank/$ds file; done
said=$(zrep -D --json sync all 2>"$WORK/err") || fail 'it failed'
is "$(jq -r '.datasets."tank/a".status' <<<"$said")" sent
cat "$WORK/err"
traced() { grep -Eqx "zrep: debug: $1, [0-9]+\.[0-9]{3} s" "$WORK/err" || fail "no trace of $1"; }
traced 'list on host1: all'
traced 'lock on host2: names 2'
traced 'list on host2: names 2'
traced 'snapshot on host1: names 2'
traced 'send tank/b@zrep_000001 from host1 to host2: bytes [0-9]+'
traced 'hold on host2: names 2'
traced 'set on host1: names 4'
! grep -v '^zrep: debug: ' "$WORK/err" || fail 'other words'

echo more | put host1 tank/a file
on host2 zfs set quota=3M tank # the one of a replica would be lifted
fill host1 tank/a big 8
expect_status 1 on host1 env DEBUG=1 zrep sync tank/a
says 'zrep: debug: send tank/a@zrep_000002 from host1 to host2' 's: failed'
expect_status 1 on host1 env DEBUG=0 zrep sync tank/a
says_not debug
