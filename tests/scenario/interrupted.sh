#!/bin/bash
# Interrupted while one stream is under way: what had failed or was refused before that is told, and counts.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
on host1 zfs create tank/c
expect_status 0 zrep init tank/c host2 tank/c
expect_status 0 zrep pause tank/b
fill host1 tank/a big 24
echo more | put host1 tank/c file
on host2 zfs set readonly=off tank/c
echo mine | put host2 tank/c mine # so it is refused
begin 8 zrep --json sync tank/a tank/b tank/c
signal INT
go_on
ended 1
says 'interrupted: 1 of 3 datasets' 'zrep: tank/b on host1 is paused' 'tank/c on host2 was changed'
said=$(grep '^{' <<<"$said")
is "$(jq -r '.exit, (.datasets[] | .exit, .error.kind, .error.reason)' <<<"$said" | paste -sd ' ' | sed 's/refused [a-z-]*/refused/g')" \
	'1 1 failed interrupted 3 refused 3 refused'
within 10 idle
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a
