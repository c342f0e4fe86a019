#!/bin/bash
# doctor, on what the zrep script leaves behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

odd() {
	unchanged expect_status 1 "$@"
	says "${texts[@]}"
}
# mends DATASET: from host1, with each of $texts; then nothing is odd on either side, and it syncs and moves.
mends() {
	local ds=$1 host
	odd zrep doctor "$ds"
	odd on host2 zrep doctor "$ds"
	expect_status 0 zrep doctor --fix "$ds"
	says 'mended: ' "${texts[@]}"
	for host in host1 host2; do
		expect_status 0 on $host zrep doctor "$ds"
		says 'no findings'
	done
	expect_status 0 zrep check "$ds"
	expect_status 0 zrep failover "$ds"
	leads host2 "$ds"
}

script_pair 1.8 host1 tank/a
script_unsent host1 tank/a
script_sync host1 tank/a -R
script_lock host1 tank/a 4194305
texts=('tank/a on host1 has the lock of a zrep script that does not run there (process 4194305, 20260101000000)'
	'tank/a on host2 has the lock of a zrep script' 'tank/a on host2 has received zrep:master=yes'
	'tank/a@zrep_000003 on host1' 'tank/a@zrep_000003 on host2' 'is not held by zrep'
	'tank/a@zrep_000002_unsent on host1 was left by a failed sync of the zrep script' 'tank/a@zrep_000002_unsent on host2')
mends tank/a
for host in host1 host2; do
	hasnt $host tank/a@zrep_000002_unsent
	has $host tank/a@zrep_000003
	is "$(prop $host tank/a zrep:lock-pid) $(prop $host tank/a zrep:lock-time)" '- -'
done

script_pair 2.0 host1 tank/b
texts=('tank/b@zrep_000000 on host2' 'is not marked as sent, as it is on the other side')
mends tank/b

# The only marks that there are are not cleared before there are others.
script_old host1 tank/old
lab kill host2
expect_status 1 zrep doctor --fix tank/old
says 'no snapshot of it is marked yet'
[[ $(prop host1 tank/old zrep:lastsent) == tank/old@zrep_000001 ]] || fail 'it was cleared'
lab start host2
texts=('tank/old on host1 has zrep:lastsent and zrep:lastsenttime of an old zrep script'
	'tank/old on host2 has zrep:lastsent')
mends tank/old
is "$(prop host1 tank/old zrep:lastsent) $(prop host2 tank/old zrep:lastsenttime)" '- -'

# A savecount that the script would have inherited.
script_pair 1.8 host1 tank/s
on host1 zfs set zrep:savecount=30 tank
on host1 zfs inherit zrep:savecount tank/s
texts=('tank/s on host1 inherits savecount 30, which does not count: 5 are kept')
mends tank/s
is "$(prop host1 tank/s zrep:savecount)" 30
on host1 zfs inherit zrep:savecount tank

# As a user of zfs allow.
script_pair 1.8 host1 tank/u
script_sync host1 tank/u
script_lock host1 tank/u
if [[ $LAB_KIND == userspace ]]; then
	for host in host1 host2; do
		on $host zfs allow -u 1000 bookmark,create,hold,receive,send,userprop,readonly,mount,snapshot,destroy tank/u
	done
	expect_status 0 on host1 env "${user[@]}" zrep doctor --fix tank/u
	says 'mended: tank/u on host1 has the lock'
	expect_status 0 zrep doctor tank/u
fi
