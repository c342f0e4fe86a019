#!/bin/bash
# Both datasets on one host: no ssh, no agent.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
on host1 zfs create tank/backup
echo "first words" | put host1 tank/a file
expect_status 0 on host1 env SSH=/nonexistent zrep init tank/a localhost tank/backup/a
echo "second words" | put host1 tank/a file
expect_status 0 on host1 env SSH=/nonexistent zrep sync tank/a
same file host1 tank/a host1 tank/backup/a
is "$(guid host1 tank/a@zrep_000001)" "$(guid host1 tank/backup/a@zrep_000001)"
is "$(holds host1 tank/backup/a@zrep_000001)" zrep
expect_status 0 on host1 env SSH=/nonexistent zrep sync all
says '1 dataset: 0 sent'
expect_status 0 on host1 env SSH=/nonexistent zrep expire all

unchanged expect_status 3 zrep init tank/backup localhost tank/backup/b
says 'tank/backup cannot be replicated into itself'
