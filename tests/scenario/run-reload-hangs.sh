#!/bin/bash
# SIGHUP while a round hangs, in another host's ZFS: what does not hang has its new settings within seconds, and is synced.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"
. "$(dirname "$0")/lib-hang.sh"
trap 'wake host1; wake host2; for pid in "${stays_pid[@]}"; do kill "$pid" 2>/dev/null; done' EXIT

beside
has_arrived() { cmp -s <(get host1 tank/ok file) <(get host1 tank/okcopy file); }
again() { [[ $(grep -c 'looks after' "$WORK/run.host1") -eq $1 ]]; }
# reloads N: it begins anew, for the Nth time, and soon.
reloads() {
	kill -HUP "${stays_pid[host1]}"
	within 10 again "$1"
}

stays host1 --every 1s -v
echo two | put host1 tank/a file
echo two | put host1 tank/ok file
within 10 has_arrived
within 10 has_text host2 tank/a two

# At rest, and with nothing that hangs.
reloads 2

hang host2
echo three | put host1 tank/a file
sleep 3
reloads 3
for word in four five; do
	echo "$word" | put host1 tank/ok file
	within 10 has_arrived
done
# It hangs still, and again.
sleep 3
reloads 4
echo six | put host1 tank/ok file
within 10 has_arrived

wake host2
within 60 has_text host2 tank/a three
leaves host1
synced
