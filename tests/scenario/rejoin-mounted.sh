#!/bin/bash
# needs: mount
# The former master is mounted, and in use, when it is to come back.
. "$(dirname "$0")/lib.sh"

trap 'on host1 pkill -x sleep || :' EXIT
pair
on host1 zfs create tank/a/mine
on host1 sh -c 'echo "of mine" >/tank/a/mine/file'
expect_status 0 zrep sync tank/a # with the directory that it is mounted at
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
on host1 sh -c 'echo "not sent" >/tank/a/file && sync'
on host1 sh -c 'cd /tank/a && setsid sleep 600 </dev/null >/dev/null 2>&1 &'
pid=$(on host1 pgrep -x sleep)
for mode in '' --discard; do
	# shellcheck disable=SC2086
	expect_status 3 zrep -y rejoin $mode tank/a
	says 'cannot unmount' '/tank/a' sleep "$pid"
	is "$(roles host1)" 'yes host1 tank/a host2 tank/a - off'
	is "$(prop host1 tank/a mounted) $(prop host1 tank/a/mine mounted)" 'yes yes'
	on host1 sh -c 'echo "not sent" >/tank/a/file'
done
is "$(kept host1)" ''
on host1 pkill -x sleep
expect_status 0 zrep rejoin tank/a
kept=$(kept host1)
is "$(prop host1 "$kept" mounted) $(prop host1 "$kept" canmount)" 'no noauto'
is "$(get host1 "$kept" file)" 'not sent'
is "$(prop host1 tank/a/mine mounted)" yes
on host1 grep -q 'of mine' /tank/a/mine/file
led_by host2

# It is mounted again when it is the master again; what was kept is not.
on host2 sh -c 'echo "of host2" >/tank/a/file'
expect_status 0 on host2 zrep failover tank/a
is "$(prop host1 tank/a mounted) $(prop host1 "$kept" mounted)" 'yes no'
on host1 grep -q 'of host2' /tank/a/file
on host1 grep -q 'of mine' /tank/a/mine/file
on host1 sh -c 'echo "written" >/tank/a/file'
