#!/bin/bash
# Both sides on one host: the role moves between two datasets, without ssh.
. "$(dirname "$0")/lib.sh"

alone() { expect_status 0 on host1 env SSH=/nonexistent zrep "$@"; }
on host1 zfs create tank/a
on host1 zfs create tank/backup
echo "first words" | put host1 tank/a file
alone init tank/a localhost tank/backup/a
echo "second words" | put host1 tank/a file
alone failover tank/a
is "$(get host1 tank/backup/a file)" 'second words'
is "$(prop host1 tank/backup/a zrep:master) $(prop host1 tank/a zrep:master)" 'yes -'
is "$(prop host1 tank/backup/a readonly) $(prop host1 tank/a readonly)" 'off on'
echo "third words" | put host1 tank/backup/a file
alone sync tank/backup/a
same file host1 tank/a host1 tank/backup/a
alone takeover tank/a
is "$(prop host1 tank/a zrep:master) $(prop host1 tank/backup/a zrep:master)" 'yes -'
echo "fourth words" | put host1 tank/a file
alone sync all
same file host1 tank/a host1 tank/backup/a

echo "not sent" | put host1 tank/a file
alone -y takeover -L tank/backup/a
expect_status 3 zrep sync tank/a
says 'tank/a on host1 was superseded: tank/backup/a on host1 is the master'
alone rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'not sent'
echo "fifth words" | put host1 tank/backup/a file
alone sync tank/backup/a
same file host1 tank/a host1 tank/backup/a
alone failover tank/backup/a
is "$(prop host1 tank/a zrep:master)" yes
