#!/bin/bash
# needs: userspace
# check by a user who was not allowed all that a sync and a change of the role need: told for each side, and what it says to do,
# done by root, is enough.
. "$(dirname "$0")/lib.sh"

there="env UZFS_UID=1000 ZREP_RUNDIR=$WORK/run-there zrep"
as_user() { on "$1" env "${user[@]}" ZREP_PATH="$there" zrep "${@:2}"; }
for host in host1 host2; do
	on $host zfs create -o mountpoint=none tank/x
	on $host zfs allow -d -u 1000 bookmark,canmount,clone,create,destroy,hold,mount,promote,readonly,receive,release,rename,rollback,send,snapshot,userprop tank/x
	on $host zfs allow -l -u 1000 create,mount,receive tank/x
done
on host1 zfs create tank/x/a
on host1 zfs create tank/x/a/b
echo "words" | put host1 tank/x/a/b file
expect_status 0 as_user host1 init -R tank/x/a host2 tank/x/a
unchanged expect_status 0 as_user host1 check tank/x/a
unchanged expect_status 0 as_user host2 check tank/x/a

# Not any more; and for root nothing is missing.
on host1 zfs unallow -d -u 1000 hold,send tank/x
on host1 zfs allow -l -u 1000 send tank/x/a
on host2 zfs unallow -d -u 1000 receive tank/x
for host in host1 host2; do
	unchanged expect_status 1 as_user "$host" check -v tank/x/a
	says 'may not do on tank/x/a on host1 what a sync and a change of its role need, and root has not allowed: hold' \
		'tank/x/a on host2' 'root has not allowed: receive'
done
unchanged expect_status 1 as_user host1 check -v tank/x/a
says 'tank/x/a/b on host1 what a sync' 'hold,send'
unchanged expect_status 0 zrep check tank/x/a
unchanged expect_status 1 as_user host1 doctor tank/x/a
says 'root has not allowed: hold'
for tries in 1 2 3 4 5; do
	got=0
	said=$(as_user host1 doctor tank/x/a tank/x/a/b) || got=$?
	echo "$said"
	[[ $got -ne 0 ]] || break
	allow
done
is $got 0
unchanged expect_status 0 as_user host1 check tank/x/a
expect_status 0 as_user host1 failover tank/x/a
leads host2 tank/x/a
is "$(prop host2 tank/x/a/b zrep:master) $(prop host2 tank/x/a/b readonly)" "yes off"

# Of a limit on snapshots root need not know, but he is held to it, here and there.
for host in host1 host2; do
	on $host zfs allow -d -u 1000 bookmark,canmount,clone,create,destroy,hold,mount,promote,readonly,receive,release,rename,rollback,send,snapshot,userprop tank/x
done
expect_status 0 as_user host2 sync tank/x/a
expect_status 0 as_user host2 check tank/x/a
on host1 zfs set snapshot_limit=100 tank/x
unchanged expect_status 0 as_user host2 check tank/x/a
on host1 zfs set "snapshot_limit=$(prop host1 tank/x snapshot_count)" tank/x
echo more | put host2 tank/x/a/b file
unchanged expect_status 1 as_user host2 check -v tank/x/a
says 'snapshot_limit, which' 'as root on host1: zfs set snapshot_limit='
# (ZFS in a process does not hold him to it.)
on host1 zfs set snapshot_limit=none tank/x
expect_status 0 as_user host2 sync tank/x/a
expect_status 0 as_user host2 check tank/x/a
