#!/bin/bash
# MIGRATING.md, step by step: from the zrep script to this zrep, and back again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

# What a script that still runs on one side does not get from this zrep: nothing half done.
script_pair 2.0 host1 tank/a
script_sync host1 tank/a
on host1 zfs set readonly=on tank/a
on host1 zfs set zrep:dest-fs=tank/a zrep:dest-host=host1 zrep:src-fs=tank/a zrep:src-host=host2 tank/a
on host1 zfs inherit zrep:master tank/a
expect_status 3 on host2 zrep takeover -L tank/a # what the script runs there
says '-> say -y if it is meant'
expect_status 1 zrep doctor tank/a
says 'neither ' ' is the master' 'zrep takeover'
expect_status 0 on host2 zrep takeover tank/a
leads host2

# Look, mend, sync.
script_pair 1.8 host1 tank/b
script_unsent host1 tank/b
script_sync host1 tank/b -R
script_lock host1 tank/b
first=$(guid host1 tank/b@zrep_000001)
expect_status 0 zrep list
is "$said" $'tank/a\ntank/b'
expect_status 0 zrep -n sync all
expect_status 1 zrep doctor tank/b
expect_status 0 zrep doctor --fix tank/b
expect_status 0 zrep -S -q 3600 all
expect_status 0 zrep check
is "$(guid host2 tank/b@zrep_000001)" "$first"
leads host1 tank/b

# A tree of the script's: what is below becomes pairs of their own, and nothing is sent again.
for version in 1.8 2.0; do
	top=tank/tree-${version%.*}
	script_tree $version host1 $top
	first=$(guid host2 "$top/b/c@$(snaps host2 $top/b/c | cut -d ' ' -f 1)")
	echo "written since" | put host1 $top/b/c file
	expect_status 0 zrep sync -R $top
	says_not MiB
	for ds in $top $top/b $top/b/c; do
		same file host1 $ds host2 $ds
		expect_status 0 zrep doctor --fix $ds # the script leaves some replicas writable
		expect_status 0 zrep check $ds
	done
	is "$(guid host2 "$top/b/c@$(snaps host2 $top/b/c | cut -d ' ' -f 1)")" "$first"
	echo "once more" | put host1 $top/b/c file
	expect_status 0 zrep sync all
	same file host1 $top/b/c host2 $top/b/c
done

# Variables that were the script's: those that count for nothing are in nobody's way, but a misspelt one is.
others=(BBCP='bbcp -s 8' PERL_BIN=/nonexistent MBUFFER=false Z_SAVE_COUNT=1 Z_LOCK_RETRY=0 ZREP_VERBOSE=yes ZREP_FORCE=-f
	ZREP_RESUME=1 ZREP_CHANGEDONLY=yes ZREP_RENAME_UNSENT=yes)
echo "with them" | put host1 tank/b file
expect_status 0 on host1 env "${others[@]}" zrep sync tank/b
same file host1 tank/b host2 tank/b
printf '%s\n' "BBCP='bbcp -s 8'" PERL_BIN=/nonexistent 'export ZREP_RESUME=1' >"$WORK/defaults"
if [[ $LAB_KIND == userspace ]]; then
	expect_status 0 on host1 env ZREP_DEFAULTS="$WORK/defaults" zrep status
	echo ZREP_VERBOSE=yes >>"$WORK/defaults"
	expect_status 2 on host1 env ZREP_DEFAULTS="$WORK/defaults" zrep status
	says 'there is no setting ZREP_VERBOSE'
fi

# Back to the script: without the holds it expires as before, and it goes on from the last mark.
expect_status 0 zrep failover tank/b
expect_status 0 on host2 zrep failover tank/b
last=$(snaps host1 tank/b | grep -o '[^ ]*$')
is "$(on host1 zfs get -Hro name -s local -t snapshot -d 1 zrep:sent tank/b | sort | tail -n 1)" "tank/b@$last"
for host in host1 host2; do
	on $host sh -c 'zfs list -Hd 1 -t snapshot -o name tank/b | xargs -d "\n" zfs release zrep' >/dev/null 2>&1 || true
	is "$(holds $host "tank/b@$last")" ''
done
echo "by the script" | put host1 tank/b file
script_sync host1 tank/b
same file host1 tank/b host2 tank/b
script_failover host1 tank/b
echo "by the script on host2" | put host2 tank/b file
script_sync host2 tank/b
same file host1 tank/b host2 tank/b

# And here again, whatever happened meanwhile.
expect_status 1 on host2 zrep check tank/b
expect_status 0 on host2 zrep doctor --fix tank/b
expect_status 0 zrep takeover tank/b
leads host1 tank/b
is "$(prop host1 tank/b zrep:epoch)" 3
