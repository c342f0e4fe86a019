#!/bin/bash
# needs: userspace
# After a failover of the script's, each side calls the other by the name that it knew: a user's account, this host.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

account=$(id -un)
for version in 1.8 2.0; do
	ds=tank/user-${version%.*}
	script_pair $version host1 $ds $ds "$account@host2"
	script_failover host1 $ds
	is "$(prop host1 $ds zrep:src-host) $(prop host2 $ds zrep:src-host)" "$account@host2 host2"
	echo "on host2" | put host2 $ds file
	script_checks host2 $ds
	expect_status 0 on host2 zrep sync $ds
	same file host1 $ds host2 $ds
	expect_status 0 zrep takeover $ds
	expect_status 0 zrep sync $ds
	expect_status 0 zrep failover $ds
	echo "once more" | put host2 $ds file
	expect_status 0 on host2 zrep sync $ds
	same file host1 $ds host2 $ds

	# Both sides on one host.
	ds=tank/here-${version%.*}
	script_pair $version host1 $ds "$ds-copy" localhost
	script_sync host1 $ds
	echo one | put host1 $ds file
	expect_status 0 zrep sync $ds
	same file host1 $ds host1 $ds-copy
	on host1 zfs release zrep "$ds@$(snaps host1 $ds | grep -o '[^ ]*$')"
	script_failover host1 $ds
	is "$(prop host1 $ds zrep:src-host) $(prop host1 $ds-copy zrep:src-host)" 'localhost host1'
	echo two | put host1 $ds-copy file
	expect_status 0 zrep sync $ds-copy
	same file host1 $ds host1 $ds-copy
	expect_status 0 zrep failover $ds-copy
	echo three | put host1 $ds file
	expect_status 0 zrep sync $ds
	same file host1 $ds host1 $ds-copy
done

# The host's name in full, as ZREP_SRC_HOST had it.
script_pair 2.0 host1 tank/full
for host in host1 host2; do on $host zfs set zrep:src-host=host1.example.org tank/full; done
on host2 zfs set zrep:src-host=HOST1 tank/full
expect_status 0 zrep sync tank/full
# Another host is another host.
on host2 zfs set zrep:src-host=host3 tank/full
refuses 3 zrep sync tank/full
says 'tank/full on host2 is not the replica of tank/full on host1 (it names tank/full on host3 as its source)'
