#!/bin/bash
# A dataset that a crash has left on its way back: status and check tell of it, as it is, and change nothing; doctor --fix
# ends it, on either side.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-told.sh"

pair
# On the way back: not begun, keeping and not; and with what it had aside, where the name itself is gone.
old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
kept=tank/a_kept_20261125T130509Z
for host in host1 host2; do
	for word in "keep $kept" discard aside; do
		expect_status 0 on host2 zrep -y takeover -L tank/a
		echo "only here, $word" | put host1 tank/a file
		on host1 zfs set "zrep:switch=back $old ${word/aside/keep $kept}" zrep:readonly=inherited readonly=on tank/a
		[[ $word != aside ]] || on host1 zfs rename tank/a $kept
		check=2
		[[ $word != aside ]] || check=3
		told host1 'going back' 1 $check
		got=0
		[[ $word == discard ]] || got=1 # what is kept is told
		expect_status $got on $host zrep doctor --fix tank/a
		says 'tank/a on host1 is a replica now'
		leads host2
		if [[ $word == discard ]]; then
			hasnt host1 $kept
		else
			is "$(get host1 $kept file)" "only here, $word"
			on host1 zfs destroy -r $kept
		fi
		expect_status 0 zrep takeover tank/a
		leads host1
		old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
	done
done
