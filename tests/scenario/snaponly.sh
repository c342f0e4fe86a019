#!/bin/bash
# A sync in two halves, so that a database waits only for the first. That one asks nobody.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
echo 'at the snapshot' | put host1 tank/a file
echo 'at the snapshot' | put host1 tank/b file
lab cut
expect_status 0 zrep snaponly all
says 'tank/a@zrep_000001' 'tank/b@zrep_000001' '2 datasets: 2 snapshots'
is "$(prop host1 tank/a@zrep_000001 createtxg)" "$(prop host1 tank/b@zrep_000001 createtxg)"
echo 'after it' | put host1 tank/a file
lab join
expect_status 0 zrep synconly all
says '@zrep_000001' '2 datasets: 2 sent'
is "$(get host2 tank/a file)" 'at the snapshot'
is "$(snaps host1 tank/a)" 'zrep_000000 zrep_000001'
is "$(holds host2 tank/a@zrep_000001)" zrep

# Nothing more to send, which is not the same as nothing written: the mark stays as old as it is.
before=$(prop host1 tank/a@zrep_000001 zrep:sent)
sleep 1.1
expect_status 0 zrep synconly tank/a
says 'no snapshot since @zrep_000001'
is "$(prop host1 tank/a@zrep_000001 zrep:sent)" "$before"
expect_status 0 zrep synconly tank/b
says 'unchanged since @zrep_000001'

expect_status 0 zrep snaponly tank/a
says 'tank/a@zrep_000002'
expect_status 0 zrep snaponly tank/a
says 'unchanged since @zrep_000002'
unchanged expect_status 0 zrep -n synconly tank/a
says 'send tank/a@zrep_000001..@zrep_000002'
expect_status 0 zrep sync tank/a
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001 zrep_000002'
is "$(get host2 tank/a file)" 'after it'

# A replica has only the snapshots of its master.
refuses 3 on host2 zrep snaponly tank/a
says 'is a replica'
on host1 zrep --json snaponly tank/a >"$WORK/json"
is "$(jq -r '.datasets."tank/a".status' "$WORK/json")" unchanged
