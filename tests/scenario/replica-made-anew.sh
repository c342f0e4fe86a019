#!/bin/bash
# Under the name of a replica stands something else, or what it was without zrep's words: sync, check and doctor say what it is,
# and what they say to type goes on, or begins anew beside what is there.
. "$(dirname "$0")/lib.sh"

pair
echo two | put host1 tank/a file
synced # by this it knows its replica
on host2 zfs inherit zrep:src-host tank/a
on host2 sh -c 'zfs get -Hs local -o property all tank/a | grep ^zrep: | xargs -I % zfs inherit % tank/a'
refuses 3 zrep sync tank/a
says 'it is what that was synced to' 'on host2, zrep changeconfig -f -d tank/a host1 tank/a'
expect_status 2 zrep check tank/a
says 'it is what that was synced to'
expect_status 0 on host2 zrep changeconfig -f -d tank/a host1 tank/a
synced
expect_status 0 zrep check tank/a

on host2 sh -c 'for s in $(zfs list -Ho name -t snapshot tank/a); do zfs release zrep "$s" 2>/dev/null; done
	zfs destroy -r tank/a && zfs create tank/a'
echo theirs | put host2 tank/a file
for verb in sync failover; do
	refuses 3 zrep $verb tank/a
	says 'it is another dataset under that name' 'on host2, zfs rename tank/a tank/a_before keeps what is there' 'zrep init tank/a host2 tank/a'
done
expect_status 2 zrep check tank/a
says 'it is another dataset under that name'
expect_status 1 zrep doctor tank/a
says 'it is another dataset under that name'
on host2 zfs rename tank/a tank/a_before
expect_status 0 zrep -y clear tank/a
expect_status 0 zrep init tank/a host2 tank/a
is "$(get host2 tank/a_before file)" theirs
expect_status 0 zrep check tank/a
