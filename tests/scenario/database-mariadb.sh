#!/bin/bash
# needs: vm
# packages: mariadb-server postgresql
# MariaDB on a replicated dataset, and a client that remembers what was acknowledged: in a planned change nothing of that is
# lost, after an unplanned one all is there that was acknowledged before the last snapshot; where it stood still for that, also
# what is not InnoDB's is whole.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-database.sh"

dataset=tank/my data=/var/lib/mysql unit=mariadb.service
as_root() { on "$1" mariadb --batch --skip-column-names --unbuffered --skip-reconnect --connect-timeout=10 "${@:2}"; }
# The package has systemd listen too, and start it for who comes.
prepare() { as_root "$1" -e 'CREATE DATABASE test; CREATE TABLE test.aside (n INT PRIMARY KEY) ENGINE=MyISAM'; }
ask() { as_root "$1" test -e "$2"; }
session() { as_root "$1" test; }
more_sql='INSERT INTO aside VALUES (@);'
sound() {
	on "$1" journalctl -q -u "$unit" -o cat -n 40 | grep -iE 'recover|ready for' || :
	expect_status 0 on "$1" mariadb-check --all-databases
}
stands_still() { # HOST [SECONDS]
	example "$1" snapshot-mariadb pre-snapshot "dataset=$dataset" "longest=$(slowly "${2:-30}")" "patience=$(slowly 5)"
	example "$1" snapshot-mariadb post-snapshot "dataset=$dataset" "longest=$(slowly "${2:-30}")" "patience=$(slowly 5)"
}
still() { on host1 env ZREP_HOOK="$1" ZREP_DATASET="$dataset" "/etc/zrep/hooks.d/$1"; }

listens() { on "$1" systemctl start mariadb.socket; }
on_both listens
begins -o recordsize=16k -o compression=lz4
on_both stands_still
is_synced
moves

# Somebody holds what it would have to wait for: no snapshot, and nobody waits behind it for long.
n=$(acknowledged)
as_root host1 -e 'BACKUP STAGE START; SELECT SLEEP(3000)' >/dev/null 2>&1 &
within 60 sh -c "'$LAB' on host1 mariadb -e 'SHOW PROCESSLIST' | grep -q SLEEP"
expect_status 1 zrep sync "$dataset"
says 'MariaDB could not be made to stand still'
more
echo "the client's longest wait beside a lock that cannot be had: $(gap "$n") s"
as_root host1 -e "KILL $(as_root host1 -e "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'")"
wait $! || :

# zrep ends in between, so that nobody has it go on: it does by itself.
stands_still host1 10
n=$(acknowledged)
expect_status 0 still pre-snapshot
more
echo "the client's longest wait for a zrep that was killed: $(gap "$n") s"
expect_status 1 still post-snapshot
says 'did not stand still any more'
stands_still host1

# It does not run, and is not started by being asked.
client_stops
on host1 sh -c 'systemctl stop mariadb.service; systemctl start mariadb.socket; : >/var/lib/mysql/stopped'
expect_status 0 zrep sync "$dataset"
is "$(on host1 systemctl show -p ActiveState --value "$unit")" inactive
on host1 sh -c 'rm /var/lib/mysql/stopped; systemctl start mariadb.service'
client_starts
more

is_lost host1
# (One that was not whole would have been repaired, which is told.)
! on host2 journalctl -q -b -u "$unit" -o cat | grep -i 'table.*aside' || fail 'what is not InnoDB was not whole'
lab start host1
expect_status 0 zrep rejoin "$dataset"
for host in host1 host2; do on $host sh -c 'rm /etc/zrep/hooks.d/*-snapshot'; done
is_lost host2
client_stops
