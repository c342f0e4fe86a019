# shellcheck shell=bash
# What stories of a host that is set back to an older image have in common.
# cycles N: as many syncs from host1, each with something new.
cycles() {
	local i
	for ((i = 0; i < $1; i++)); do
		echo "words $RANDOM $i" | put host1 tank/a file
		expect_status 0 zrep sync tank/a
	done
}
image() { on "$1" zpool sync; lab save "$1" "$1"; }
back() { lab restore "$1" "$1"; }
# nothing: both pools are empty again.
nothing() { lab restore nothing; }
lab save nothing

# all_refuse WORDS...: whatever either side is asked to do with the other.
all_refuse() {
	local verb
	for verb in 'sync tank/a' 'sync all' 'sync -f tank/a' 'failover tank/a' 'expire tank/a'; do
		# shellcheck disable=SC2086
		refuses 3 zrep $verb
		says "$@"
	done
	for verb in 'refresh tank/a' 'refresh all' 'refresh -f tank/a' 'takeover tank/a'; do
		# shellcheck disable=SC2086
		refuses 3 on host2 zrep $verb
		says "$@"
	done
	is "$(zrep --json history tank/a | jq -r '[.datasets."tank/a".history[].change | select(. == "set-back")] | length')" 1
	expect_status 2 zrep status -m # what its last sync was refused for
	says CRITICAL 'was set back to an older image'
	for host in host1 host2; do
		unchanged expect_status 2 on $host zrep check tank/a
		says CRITICAL "$@"
		unchanged expect_status 1 on $host zrep doctor --fix tank/a
		says "$@"
		unchanged expect_status 0 on $host zrep status -a
	done
}

# Neither side is the master, and host2 is the one that was set back.
none_leads() {
	for host in host1 host2; do
		for verb in takeover refresh; do
			refuses 3 on $host zrep $verb tank/a
			says 'tank/a on host2 was set back to an older image' 'tank/a on host1, which is newer' \
				'on host1, zrep takeover --force tank/a' 'on host2, zrep takeover --force tank/a'
		done
		unchanged expect_status 2 on $host zrep check tank/a
		says CRITICAL 'was set back to an older image'
		unchanged expect_status 1 on $host zrep doctor --fix tank/a
		says 'was set back to an older image'
	done
}
