#!/bin/bash
# A role change between hosts whose keys are bound, cut off after the decision at each call that the new master's host makes: the
# next command on either host finishes it, and whoever is told that all is well has a master that can be written to.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"

for host in host1 host2; do confine "$host" --under tank/a --role peer; done
pair tank/a
for n in 1 2 3; do
	[[ $n -eq 1 ]] || expect_status 0 zrep takeover tank/a
	echo "words $n" | put host1 tank/a file
	lab ctl host2 arm -m -c INHERIT_PROP $n before zrep
	status=0
	said=$(on host1 zrep failover tank/a 2>&1) || status=$?
	printf '%s [%d]\n' "$said" "$status"
	says_not 'does not let'
	lab ctl host2 disarm >/dev/null
	if [[ $status -ne 0 ]]; then
		[[ $((n % 2)) -eq 0 ]] && at=host2 || at=host1
		expect_status 0 on "$at" zrep failover tank/a
		says_not 'does not let'
	fi
	is "$(prop host2 tank/a readonly) $(prop host1 tank/a readonly)" 'off on'
	[[ $(on host2 zrep role tank/a) == master* ]] || fail "$(on host2 zrep role tank/a)"
	same file host2 tank/a host1 tank/a
done
confine host1
confine host2
expect_status 0 on host2 zrep check tank/a

# Wherever the calls run out: success means a master that can be written to.
for n in 6 8 9 10 11 12 13 14 16; do
	expect_status 0 zrep takeover tank/a
	echo "calls $n" | put host1 tank/a file
	confine host2 --under tank/a --role peer --max-calls $n
	status=0
	said=$(on host1 zrep failover tank/a 2>&1) || status=$?
	printf '%s [%d, %d calls]\n' "$said" "$status" "$n"
	[[ $status -ne 0 || $(prop host2 tank/a readonly) == off ]] || fail "success, and nobody can write"
	confine host2
	[[ $status -eq 0 ]] || expect_status 0 on host1 zrep failover tank/a
	is "$(prop host2 tank/a readonly) $(prop host1 tank/a readonly)" 'off on'
	same file host2 tank/a host1 tank/a
done
