#!/bin/bash
# -n prints what would be done, and does nothing.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
unchanged expect_status 0 zrep -n init tank/a host2 tank/a
says 'host1: snapshot tank/a@zrep_000000' 'send tank/a@zrep_000000 to tank/a@zrep_000000' 'zrep:master=yes'
zrep init tank/a host2 tank/a
echo "second words" | put host1 tank/a file
unchanged expect_status 0 zrep sync -n tank/a
says 'host1: snapshot tank/a@zrep_000001' 'zrep_000000..@zrep_000001' 'host2: hold tank/a@zrep_000001' \
	'host1: release tank/a@zrep_000000'
unchanged expect_status 0 zrep -n sync all
on host1 zfs set zrep:savecount=1 tank/a
synced
on host1 zfs set zrep:savecount=5 tank/a
unchanged expect_status 0 zrep -n expire tank/a
on host2 zfs set zrep:savecount=1 tank/a
unchanged expect_status 0 zrep expire --dry-run tank/a
says 'host2: destroy tank/a@zrep_000000'
unchanged expect_status 0 zrep -n clear tank/a
says 'destroy tank/a@zrep_000001' '-zrep:master'

# A refusal is part of it.
on host2 zfs set readonly=off tank/a
echo "somebody's" | put host2 tank/a file
on host2 zfs snapshot tank/a@mine
unchanged expect_status 3 zrep -n sync tank/a
says 'refused' '@mine' 'remedy'
unchanged expect_status 0 zrep -n sync -f tank/a
says 'host2: destroy tank/a@mine' 'host2: roll back to tank/a@zrep_000001'

# What somebody has stored cannot play with the terminal, and JSON stays JSON.
stored=$(printf 'x\377\033[31m"')
on host1 zfs set "zrep:savecount=$stored" tank/a
expect_status 3 zrep -n expire -L tank/a
says 'savecount "x??[31m""'
on host1 zrep -n --json expire -L tank/a >"$WORK/json" || true
is "$(jq -r '.datasets."tank/a".exit' "$WORK/json")" 3
on host1 zfs set zrep:savecount=5 "zrep:dest-host=$stored" tank/a
on host1 zrep --json sync tank/a >"$WORK/json" || true
is "$(jq -r '.datasets."tank/a".error.text' "$WORK/json" | cut -d : -f 1-2)" 'tank/a: "x??[31m"" is no host name'
