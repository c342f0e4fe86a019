#!/bin/bash
# needs: userspace
# On its way back a dataset has two names. Something else that has one of them by then is told by every verb, with the
# command that makes room; nothing is lost meanwhile.
. "$(dirname "$0")/lib.sh"

pair
expect_status 0 on host2 zrep takeover -L --force -y tank/a
echo "only here" | put host1 tank/a l1
id=$(guid host1 tank/a)

# Something has the name under which it is to be kept.
lab ctl host1 arm -c RENAME 1 before zrep
zrep rejoin tank/a >/dev/null 2>&1 || true
aside=$(prop host1 tank/a zrep:switch)
aside=${aside#back * keep }
on host1 zfs create "$aside"
for verb in "rejoin" "sync" "doctor --fix"; do
	# shellcheck disable=SC2086
	expect_status 3 zrep $verb tank/a
	says "tank/a on host1 is to be preserved as $aside, but another dataset has that name" "zfs rename $aside ${aside}_moved"
done
for verb in "check" "doctor"; do
	# shellcheck disable=SC2086
	got=0
	said=$(zrep $verb tank/a 2>&1) || got=$?
	echo "$said"
	is "$((got > 0))" 1
	says "$aside" "zfs rename $aside ${aside}_moved"
done
is "$(guid host1 tank/a)" "$id"
on host1 zfs rename "$aside" "${aside}_moved"

# Something has its own name, while it is aside.
lab ctl host1 arm -c RENAME 1 after zrep
zrep rejoin tank/a >/dev/null 2>&1 || true
hasnt host1 tank/a
on host1 zfs create tank/a
for verb in "rejoin" "sync" "doctor --fix" "check" "doctor" "status"; do
	# shellcheck disable=SC2086
	got=0
	said=$(zrep $verb tank/a 2>&1) || got=$?
	printf '$ zrep %s\n%s\n[%d]\n' "$verb" "$said" $got
	is "$((got > 0))" 1
	says "its data is in $aside" 'zfs rename tank/a tank/a_moved'
done
on host1 zfs rename tank/a tank/a_moved
expect_status 0 zrep rejoin tank/a
is "$(guid host1 "$aside")" "$id"
is "$(get host1 "$aside" l1)" "only here"
led_by host2
