#!/bin/bash
# Datasets that nobody mounts, or not by themselves. Whether and where is each host's own affair, and stays so.
. "$(dirname "$0")/lib.sh"

place() { on "$1" zfs get -Hpo value,source canmount,mountpoint "tank/$2" | paste -sd ' ' | tr '\t' ' '; }
on host1 zfs create -o canmount=off tank/off
on host1 zfs create -o canmount=noauto tank/noauto
on host1 zfs create -o mountpoint=legacy tank/legacy
here=()
all=(off noauto legacy)
for ds in "${all[@]}"; do
	echo "of $ds" | put host1 "tank/$ds" file
	here[${#here[@]}]=$(place host1 "$ds")
	expect_status 0 zrep init "tank/$ds" host2 "tank/$ds"
	[[ $(place host2 "$ds") != *local* && $(place host2 "$ds") != *received* ]] || fail "$ds has been given a place: $(place host2 "$ds")"
	is "$(prop host2 "tank/$ds" mounted)" no
done
on host2 zfs set canmount=noauto mountpoint=/srv/elsewhere tank/legacy
there=$(place host2 legacy)
for ds in "${all[@]}"; do
	echo "more of $ds" | put host1 "tank/$ds" file
	synced "tank/$ds"
done
for lead in host2 host1; do
	expect_status 0 on $lead zrep takeover all
	for i in "${!all[@]}"; do
		leads $lead "tank/${all[i]}"
		is "$(place host1 "${all[i]}")" "${here[i]}"
	done
	is "$(place host2 legacy)" "$there"
done
