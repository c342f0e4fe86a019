#!/bin/bash
# Every verb keeps its time-out, whichever host's ZFS hangs: it ends within ten seconds more, says whose ZFS does not
# answer, and has the exit status of that.
# needs: userspace
# limit: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hang.sh"

pair
on host1 zfs create tank/new
on host1 zfs create tank/other
expect_status 0 zrep init tank/other localhost tank/othercopy
echo 'second words' | put host1 tank/a file

# table HOST: its ZFS hangs. Each line: the host where the verb is run, its status when host1's hangs, and when
# host2's does (-: what it does there is another scenario's), and the verb.
table() {
	local at one two status line
	while read -r at one two line; do
		if [[ $1 == host1 ]]; then status=$one; else status=$two; fi
		[[ $status != - ]] || continue
		read -ra words <<<"$line"
		takes 13 expect_status "$status" on "$at" zrep --timeout 3 "${words[@]}"
		# (A machine that is slow enough takes longer than that to say a word.)
		[[ $status == 0 || $said == *"ZFS on $1 does not answer"* || $said == *"connection to $1 was lost"* ]] ||
			fail 'it does not say why'
	done
}
verbs='
	host1 5 5 sync tank/a
	host1 5 5 sync -f tank/a
	host1 5 5 -n sync tank/a
	host1 5 - sync all
	host1 5 5 sync -y tank/a@zrep_000000
	host1 5 0 snaponly tank/a
	host1 5 5 synconly tank/a
	host2 5 5 refresh tank/a
	host2 5 5 refresh all
	host1 5 5 init tank/new host2 tank/new
	host1 5 5 sentsync tank/a@zrep_000000
	host1 5 0 sentsync -L tank/a@zrep_000000
	host1 5 5 failover tank/a
	host1 5 5 -n failover tank/a
	host1 5 - failover -L -y tank/a
	host2 5 5 takeover tank/a
	host2 - 5 takeover -L -y tank/a
	host1 5 - takeover -L -y tank/a
	host1 5 5 rejoin -y tank/a
	host1 5 0 status
	host1 5 0 status -a
	host1 5 0 status -v tank/a
	host1 3 - status -m
	host1 3 2 check
	host1 3 2 check tank/a
	host1 5 5 doctor tank/a
	host1 5 5 doctor --fix tank/a
	host1 5 - expire all
	host1 5 0 expire -L tank/a
	host1 5 0 list
	host1 5 0 list -v tank/a
	host1 5 0 lastsent tank/a
	host1 5 - uptodate tank/a
	host1 5 - allow --user root tank/a
	host1 5 0 pause tank/a
	host1 5 0 unpause tank/a
	host1 5 - changeconfig tank/a host2 tank/a
	host1 5 - clear -y tank/new
	host1 0 0 complete -- zrep sync'

for host in host1 host2; do
	hang "$host"
	table "$host" <<<"${verbs#$'\n'}"
	wake "$host"
	within 30 idle
done

# Nothing of it has done any harm.
expect_status 0 zrep doctor --fix tank/a
synced
led_by host1
