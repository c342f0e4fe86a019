#!/bin/bash
# needs: vm
# packages: mariadb-server postgresql
# PostgreSQL on a replicated dataset, and a client that remembers what was acknowledged: in a planned change nothing of that is
# lost, after an unplanned one all is there that was acknowledged before the last snapshot, with a checkpoint before it and
# without.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-database.sh"

dataset=tank/pg data=/var/lib/postgresql unit=postgresql@15-main.service
# (The programs themselves: those in the PATH are a script around them, which takes long on an emulated processor.)
as_postgres() { on "$1" env -C / runuser -u postgres -- "/usr/lib/postgresql/15/bin/$2" "${@:3}"; }
ask() { as_postgres "$1" psql -XAtqF ' ' -c "$2"; }
session() { as_postgres "$1" psql -XAtqv ON_ERROR_STOP=1; }
sound() {
	expect_status 0 as_postgres "$1" pg_amcheck --install-missing --heapallindexed postgres
	on "$1" sh -c 'tail -n 20 /var/log/postgresql/postgresql-15-main.log' | grep -E 'redo|recover|ready' || :
}

begins -o recordsize=8k -o compression=lz4
checkpoints() { example "$1" snapshot-postgresql pre-snapshot "dataset=$dataset" "longest=$(slowly "${2:-30}")"; }
for host in host1 host2; do checkpoints $host; done
is_synced
moves

# A server that does not answer in time, or is not there, is no reason not to take a snapshot.
checkpoints host1 3
on host1 pkill -STOP -f 'postgres: 15/main: checkpointer'
expect_status 0 zrep sync "$dataset"
says 'no checkpoint'
on host1 pkill -CONT -f 'postgres: 15/main: checkpointer'
client_stops
on host1 systemctl stop "$unit"
on host1 sh -c ': >/var/lib/postgresql/stopped'
expect_status 0 zrep sync "$dataset"
says 'no checkpoint'
on host1 systemctl start "$unit"
checkpoints host1
client_starts
more

is_lost host1
lab start host1
expect_status 0 zrep rejoin "$dataset"
for host in host1 host2; do on $host rm /etc/zrep/hooks.d/pre-snapshot; done
is_lost host2
client_stops
