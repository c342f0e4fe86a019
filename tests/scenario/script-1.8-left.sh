#!/bin/bash
# What failed and died scripts left behind, version 1.8, is in nobody's way.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for host in host1 host2; do
	peer=$(other $host)
	# A snapshot that was not sent, and was renamed: it is sent, as others are.
	ds=tank/unsent-$host
	script_pair 1.8 $host $ds
	script_unsent $host $ds
	script_lock $host $ds
	echo "after it failed" | put $host $ds file
	script_unsent $host $ds
	script_checks $host $ds
	expect_status 0 on $host zrep sync $ds
	says '@zrep_000003_unsent'
	is "$(snaps host1 $ds)" 'zrep_000001 zrep_000002_unsent zrep_000003_unsent'
	is "$(snaps host2 $ds)" 'zrep_000001 zrep_000002_unsent zrep_000003_unsent'
	leads_script() { echo more | put $host $ds file; expect_status 0 on $host zrep sync $ds; same file host1 $ds host2 $ds; }
	leads_script
	is "$(snaps $host $ds | grep -o '[^ ]*$')" zrep_000004
	expect_status 0 on $peer zrep takeover $ds
	leads $peer $ds

	# With -R the replica received the role, and the lock of a process of the other host's.
	ds=tank/tree-$host
	script_tree 1.8 $host $ds
	is "$(on $peer zfs get -Ho value,source zrep:master $ds)" $'yes\treceived'
	[[ $(on $peer zfs get -Ho source zrep:lock-pid $ds) == received ]] || fail 'it has not received the lock'
	expect_status 0 on $peer zrep sync all
	leads_script
	expect_status 0 on $peer zrep failover $ds # there already: it is no master there
	expect_status 0 on $host zrep failover $ds
	is "$(roles $peer $ds)" "yes $peer $ds $host $ds - off"
	is "$(roles $host $ds)" "- $peer $ds $host $ds - on"
done

# That process may be anybody's here; so may the lock of a dataset above.
ds=tank/a
script_pair 1.8 host1 $ds
script_pair 1.8 host1 $ds/below
on host1 zfs set zrep:lock-pid=1000000 zrep:lock-time=20260101000000 $ds
on host2 sh -c 'mkdir -p ~/scenario; sleep 100 & echo $! >~/scenario/pid'
pid=$(on host2 sh -c 'cat ~/scenario/pid')
on host1 zfs set "zrep:lock-pid=$pid" $ds
on host1 sh -c 'zfs snapshot tank/a@p && zfs send -p -I tank/a@zrep_000001 tank/a@p | ssh host2 zfs receive tank/a'
on host1 zfs set zrep:lock-pid=99999999 $ds
is "$(on host2 zfs get -Ho value,source zrep:lock-pid $ds)" "$pid"$'\treceived'
expect_status 0 zrep sync $ds
on host2 sh -c 'kill "$(cat ~/scenario/pid)"'
on host1 sh -c 'mkdir -p ~/scenario; sleep 100 & echo $! >~/scenario/pid'
on host1 sh -c 'zfs set zrep:lock-pid="$(cat ~/scenario/pid)" tank/a'
expect_status 4 zrep sync $ds
expect_status 0 zrep sync $ds/below
on host1 sh -c 'kill "$(cat ~/scenario/pid)"'
script_lock host1 $ds
expect_status 0 zrep sync $ds
