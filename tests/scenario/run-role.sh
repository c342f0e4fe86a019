#!/bin/bash
# zrep run on both hosts: the role moves to and fro beneath it, and each goes on with what it leads.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

pair tank/a
on host1 zfs set zrep:rpo=2s tank/a
stays host1 --every 1s
stays host2 --every 1s
leader=host1
for i in 1 2 3 4; do
	next=$(other "$leader")
	arrives "of $leader, $i" "$leader" "$next"
	echo "the last of $leader, $i" | put "$leader" tank/a file
	if ((i % 2)); then
		expect_status 0 on "$leader" zrep failover tank/a
	else
		expect_status 0 on "$next" zrep takeover tank/a
	fi
	led_by "$next"
	is "$(get "$next" tank/a file)" "the last of $leader, $i"
	leader=$next
	within 40 has_text "$(other "$leader")" tank/a "the last of $(other "$leader"), $i"
done
arrives "and on" "$leader" "$(other "$leader")"
alive host1
alive host2
leaves host1
leaves host2
synced
