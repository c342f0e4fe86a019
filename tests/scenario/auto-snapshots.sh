#!/bin/bash
# A snapshot tool runs on both hosts, as they do. What it takes of a replica holds nothing of its own, and would be in the way
# of every sync: it goes, that is told, and replication goes on by itself; also before, in and after a change of the role.
. "$(dirname "$0")/lib.sh"

# hourly HOST NAME...: of all that is there, as cron does it.
hourly() { for name in "${@:2}"; do on "$1" zfs snapshot -r "tank@$name"; done; }
# goes_on HOST: what is written there is on the other side after a sync that had nothing to ask.
goes_on() {
	echo "words on $1, $RANDOM" | put "$1" tank/a file
	expect_status 0 on "$1" zrep sync tank/a
	same file "$1" tank/a "$(other "$1")" tank/a
}

# A replica that never was anything else. The names are the same on both sides, and what is under them is not.
pair
for hour in 1 2 3; do
	hourly host2 "hour-$hour"
	hourly host1 "hour-$hour"
	goes_on host1
	says "tank/a on host2 has @hour-$hour, which somebody took of the replica" 'it goes'
	is "$(guid host1 "tank/a@hour-$hour")" "$(guid host2 "tank/a@hour-$hour")"
done
hourly host2 several-1 several-2 several-3 several-4
echo "more words" | put host1 tank/a file
expect_status 0 zrep check tank/a
says_not 'was changed'
unchanged expect_status 0 zrep -n sync tank/a
says 'host2: destroy the empty tank/a@several-4' '@several-1, @several-2, @several-3 and 1 more'
expect_status 1 zrep doctor tank/a
says 'note: tank/a on host2 has @several-1' 'destroys them'
expect_status 0 zrep sync tank/a
hasnt host2 tank/a@several-1
expect_status 0 zrep doctor tank/a

# Nothing to send: it stays for as long as it is in nobody's way.
hourly host2 idle
expect_status 0 zrep sync tank/a
says_not 'somebody took'
has host2 tank/a@idle
echo "fetched words" | put host1 tank/a file
expect_status 0 on host2 zrep refresh tank/a
says '@idle, which somebody took'
same file host1 tank/a host2 tank/a

# Before a failover, on either side; and in each of its stages, by cron (here a hook), and by a hook of a side that takes one
# when its role has changed.
for hook in pre-promote pre-demote post-demote post-promote; do
	for host in host1 host2; do
		hook $host $hook <<<"zfs snapshot \$ZREP_DATASET@$hook-\$ZREP_EPOCH"
	done
done
lead=host1
for i in 1 2 3 4; do
	hourly host1 "before-$i"
	hourly host2 "before-$i"
	expect_status 0 on "$lead" zrep failover tank/a
	lead=$(other "$lead")
	led_by "$lead"
	goes_on "$lead"
	hourly "$(other "$lead")" "after-$i-a" "after-$i-b"
	goes_on "$lead"
done
unhook host1
unhook host2
hourly host1 last
hourly host2 last
expect_status 0 on host2 zrep -n takeover tank/a
expect_status 0 on host2 zrep takeover tank/a
goes_on host2
leads host2
