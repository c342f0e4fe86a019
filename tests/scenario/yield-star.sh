#!/bin/bash
# A star, A to B (tag zrep) and A to C (tag c): A offers its role to B. What goes by the other tag waits, says for what, and
# opens nothing.
. "$(dirname "$0")/lib-set.sh"

closed() { for h in "${members[@]}"; do is "$(prop "$h" tank/a readonly)" on; done; }
star
write host1 'words A'
for how in -L ''; do
	# shellcheck disable=SC2086
	expect_status 0 zrep yield $how tank/a
	closed
	for verb in sync yield 'yield -L' failover '-y rejoin'; do
		# shellcheck disable=SC2086
		refuses 3 c host1 $verb tank/a
		if [[ -n $how ]]; then
			says 'under tag zrep it has made way, and is read-only' 'on host1, zrep -t zrep takeover tank/a'
		else
			says 'under tag zrep it is in the middle of a role change (leaving 1 resting)' 'zrep -t zrep takeover tank/a takes that back'
		fi
	done
	refuses 3 c host3 takeover tank/a
	unchanged expect_status 1 c host1 doctor --fix tank/a
	closed
done
expect_status 0 zrep takeover tank/a
one_master host1
write host1 'words A again'
expect_status 0 c host1 sync tank/a

# Taken without asking: A is C's source all the same, once it was told.
expect_status 0 zrep yield tank/a
expect_status 0 on host2 zrep takeover -L tank/a
write host2 'words B'
refuses 3 c host1 sync tank/a
expect_status 0 on host2 zrep sync tank/a
one_master host2
expect_status 0 c host1 sync tank/a
in_step
expect_status 0 on host2 zrep yield tank/a
expect_status 0 zrep takeover -L tank/a
write host1 'words A at last'
expect_status 0 zrep sync tank/a
one_master host1
expect_status 0 c host1 sync tank/a
in_step
no_full_copy
