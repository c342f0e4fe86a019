#!/bin/bash
# A replica that names another master, of the epoch of its own: that one may lead as well. It is told of, and the replica is not
# taken from it by force. Nothing that is stored there gets into a command unless it is a host and a dataset.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs snapshot tank/a@old
expect_status 0 zrep sync tank/a
on host2 zfs set zrep:src-host=host3 zrep:src-fs=tank/c tank/a
# It was this one that has synced last.
refuses 3 zrep sync tank/a
says 'had other words then: on host2, zrep changeconfig -f -d tank/a host1 tank/a'
# It was the other one.
mark=$(prop host2 tank/a zrep:link)
on host2 zfs set "zrep:link=1111111111111111 ${mark#* }" tank/a
for verb in sync failover; do
	refuses 3 zrep $verb tank/a
	says 'split brain: tank/a on host2 follows tank/c on host3 now' 'on host1, zrep changeconfig tank/a host3 tank/c; then zrep sync tank/a'
	says_not 'changeconfig -f'
done
# Nobody knows.
on host2 zfs inherit zrep:link tank/a
refuses 3 zrep sync tank/a
says 'that one may lead at epoch' 'on host1, zrep changeconfig tank/a host3 tank/c; then zrep sync tank/a'
says_not 'changeconfig -f'

# What is stored is no host.
on host2 zfs set 'zrep:src-host=-oProxyCommand=x' tank/a
refuses 3 on host2 zrep failover -L tank/a@old
says 'is a replica already, and was not taken back to @old' 'on host2, zrep takeover -L tank/a@old'
says_not ProxyCommand
