#!/bin/bash
# While zrep run is at work, what it has half done is no damage to doctor, and nothing that --fix would have to mend.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

all=(tank/a tank/b tank/c)
for ds in "${all[@]}"; do pair "$ds"; done
stays host1 --every 1s

# What it has sent since its last marks is there on both sides, and not marked, until it has nothing else to do.
i=0
newest() { on host2 zfs list -Hd 1 -t snapshot -o zrep:sent -s createtxg "$1" | tail -n 1; }
is_light() {
	i=$((i + 1))
	arrives "words $i" host1 host2
	[[ $(newest tank/a) == - ]]
}
within 30 is_light
for host in host1 host2; do
	expect_status 0 on "$host" zrep doctor tank/a
	says 'no findings'
done
within 30 is_light
expect_status 0 zrep doctor --fix tank/a
says 'no findings'

# All are written all the time, and looked at all the time.
writes() {
	while [[ ! -e $WORK/enough ]]; do
		for ds in "${all[@]}"; do date +%N | put host1 "$ds" file || return; done
		sleep 0.3
	done
}
writes &
writer=$!
for ((k = 0; k < 3; k++)); do
	for host in host1 host2; do
		expect_status 0 on "$host" zrep doctor "${all[@]}"
		says_not warning
		expect_status 0 on "$host" zrep doctor -n --fix "${all[@]}"
		says_not hold
		expect_status 0 on "$host" zrep doctor --fix "${all[@]}"
		says_not mended
	done
done
touch "$WORK/enough"
wait "$writer"

arrives 'the last words' host1 host2
alive host1
[[ ! $(<"$WORK/run.host1") =~ (failed|busy) ]] || fail "$(<"$WORK/run.host1")"
leaves host1
for ds in "${all[@]}"; do synced "$ds"; done
