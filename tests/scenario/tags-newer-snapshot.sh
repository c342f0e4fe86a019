#!/bin/bash
# The newest snapshot on the master is one that is not sent, with nothing in it: after a planned change the way back has
# a base all the same.
. "$(dirname "$0")/lib.sh"

off() { on "$1" zrep -t off "${@:2}"; }
on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
expect_status 0 off host1 init tank/a host2 tank/a
on host1 zfs snapshot tank/a@auto-1
expect_status 0 off host1 failover tank/a
echo "words of host2" | put host2 tank/a file
expect_status 0 off host2 sync tank/a
same file host1 tank/a host2 tank/a
has host1 tank/a@auto-1
hasnt host2 tank/a@auto-1

# Taken by whoever is told that the dataset is about to be demoted.
hook host2 pre-demote <<<'zfs snapshot "$ZREP_DATASET@auto-2"'
expect_status 0 off host2 failover tank/a
unhook host2
echo "words of host1" | put host1 tank/a file
expect_status 0 off host1 sync tank/a
same file host1 tank/a host2 tank/a

# Taken while the last sync is under way.
late host1 16
begin 8 zrep -t off failover tank/a
on host1 zfs snapshot tank/a@in-the-middle
go_on
ended 0
echo "words of host2 again" | put host2 tank/a file
expect_status 0 off host2 sync tank/a
same file host1 tank/a host2 tank/a
same big host1 tank/a host2 tank/a

# A snapshot that has a second tag's name, which is no tag of this dataset's any more, is as any.
on host2 zfs snapshot tank/a@second_000001
expect_status 0 off host2 failover tank/a
echo "words of host1 again" | put host1 tank/a file
expect_status 0 off host1 sync tank/a
same file host1 tank/a host2 tank/a
