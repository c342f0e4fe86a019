# shellcheck shell=bash
# The states that the zrep shell script leaves behind, made with plain zfs; sourced after lib.sh. What is known
# about the script is in comments; nothing of its text is here.
#
# A VERSION is
#   1.8  the properties travel in the first stream (zfs send -p), so that on the replica they are received;
#        numbers begin at 1
#   2.0  they are set on the replica; numbers begin at 0
# The source's name is what `uname -n` says, up to the first dot; the destination's, as it was typed.

# script_pair VERSION MASTER DATASET [DESTINATION [HOST]]: initialised on MASTER, with HOST for the other one.
# zrep:master comes last, and only there; the replica's first snapshot has no mark.
script_pair() {
	local version=$1 at=$2 ds=$3 to=${4:-$3} peer=${5:-$(other "$2")}
	on "$at" zfs create "$ds"
	echo "first words" | put "$at" "$ds" file
	# shellcheck disable=SC2016 # the variables are the host's
	on "$at" sh -ec '
		version=$1 self=$2 ds=$3 peer=$4 to=$5
		on_peer() { if [ "$peer" = localhost ]; then sh -c "$1"; else ssh "$peer" "$1"; fi; }
		pair="zrep:src-fs=$ds zrep:src-host=$self zrep:dest-fs=$to zrep:dest-host=$peer zrep:savecount=5"
		for p in $pair; do zfs set "$p" "$ds"; done
		case $version in
		1.*)
			first=$ds@zrep_000001
			zfs snapshot "$first"
			zfs send -p "$first" | on_peer "zfs receive -u -o readonly=on -F $to"
			;;
		*)
			first=$ds@zrep_000000
			zfs snapshot "$first"
			zfs send "$first" | on_peer "zfs receive -u -o readonly=on -F $to"
			on_peer "for p in $pair; do zfs set \$p $to; done"
			;;
		esac
		zfs set "zrep:sent=$(date +%s)" "$first"
		zfs set zrep:master=yes "$ds"' sh "$version" "$at" "$ds" "$peer" "$to"
}

# script_sync MASTER DATASET [-R]: a snapshot more, sent and marked on both sides. The dataset is locked meanwhile.
# With -R (zfs snapshot -r, zfs send -R) the replica receives all that is set on the master at that moment, the
# role and the lock among it.
script_sync() {
	# shellcheck disable=SC2016
	on "$1" sh -ec '
		ds=$1 recursive=$2
		peer=$(zfs get -Ho value zrep:dest-host "$ds") to=$(zfs get -Ho value zrep:dest-fs "$ds")
		on_peer() { if [ "$peer" = localhost ]; then sh -c "$1"; else ssh "$peer" "$1"; fi; }
		zfs set zrep:lock-pid=$$ "$ds"
		zfs set "zrep:lock-time=$(date +%Y%m%d%H%M%S)" "$ds"
		sent=$(zfs get -Hro name -s local -t snapshot -d 1 zrep:sent "$ds" | sort | tail -n 1)
		[ -n "$sent" ] || sent=$(zfs get -Ho value zrep:lastsent "$ds")
		last=$(zfs list -Hrt snapshot -d 1 -o name "$ds" | grep "@zrep_[0-9a-f]\{6\}" | sort | tail -n 1)
		number=$(printf %06x $((0x$(expr "$last" : ".*@zrep_\(......\)") + 1)))
		new=$ds@zrep_$number
		zfs snapshot ${recursive:+-r} "$new"
		zfs send $recursive -I "$sent" "$new" | on_peer "zfs receive $to"
		now=$(date +%s)
		on_peer "zfs set zrep:sent=$now $to@zrep_$number"
		zfs set "zrep:sent=$now" "$new"
		zfs inherit zrep:lock-time "$ds"
		zfs inherit zrep:lock-pid "$ds"' sh "$2" "${3-}"
}

# script_unsent MASTER DATASET: a sync that failed. Its snapshot stays, renamed.
script_unsent() {
	# shellcheck disable=SC2016
	on "$1" sh -ec '
		last=$(zfs list -Hrt snapshot -d 1 -o name "$1" | grep "@zrep_[0-9a-f]\{6\}" | sort | tail -n 1)
		new=$1@zrep_$(printf %06x $((0x$(expr "$last" : ".*@zrep_\(......\)") + 1)))
		zfs snapshot "$new"
		zfs rename "$new" "${new}_unsent"' sh "$2"
}

# script_lock HOST DATASET [PID]: the lock of a script that died.
script_lock() { on "$1" zfs set "zrep:lock-pid=${3:-99999999}" zrep:lock-time=20260101000000 "$2"; }

# script_failover MASTER DATASET: each side writes the pair anew, with its own name for itself and the one it
# knew for the other. The former master stays read-only; the new one gets readonly back by inheritance.
script_failover() {
	local to peer
	to=$(prop "$1" "$2" zrep:dest-fs)
	peer=$(prop "$1" "$2" zrep:dest-host)
	on "$1" zfs set readonly=on "$2"
	script_sync "$1" "$2"
	# shellcheck disable=SC2016
	on "$1" sh -ec 'for p in "dest-fs=$2" "dest-host=$1" "src-fs=$4" "src-host=$3"; do zfs set "zrep:$p" "$2"; done
		zfs inherit zrep:master "$2"' sh "$1" "$2" "$peer" "$to"
	if [[ $peer == localhost ]]; then peer=$1; else peer=$(other "$1"); fi
	script_takeover "$peer" "$to"
}

# script_takeover REPLICA DATASET: what it does alone (-L).
script_takeover() {
	local peer to
	peer=$(prop "$1" "$2" zrep:src-host)
	to=$(prop "$1" "$2" zrep:src-fs)
	# shellcheck disable=SC2016
	on "$1" sh -ec 'zfs inherit readonly "$2"
		for p in "src-fs=$2" "src-host=$1" "dest-fs=$4" "dest-host=$3"; do zfs set "zrep:$p" "$2"; done
		zfs set zrep:master=yes "$2"' sh "$1" "$2" "$peer" "$to"
}

# script_init_died VERSION MASTER DATASET [PART]: an init that was killed before zrep:master was set; the
# destination is not there yet, half there (PART half: a broken stream leaves nothing to resume), or there
# (PART whole) and, with 1.8, already carries the pair.
script_init_died() {
	local part=${4-}
	script_pair "$1" "$2" "$3"
	on "$2" zfs inherit zrep:master "$3"
	# shellcheck disable=SC2016
	on "$2" sh -ec 'zfs inherit zrep:sent "$(zfs list -Hrt snapshot -d 1 -o name "$1")"' sh "$3"
	[[ $part == whole ]] || on "$(other "$2")" zfs destroy -r "$3"
	# A script that makes the destination beforehand, for want of `receive -o`.
	[[ $part != half ]] || on "$(other "$2")" zfs create -o readonly=on "$3"
}

# script_old MASTER DATASET: where snapshots could not have properties, the marks are on the dataset, and name the
# master's snapshot on both sides.
script_old() {
	local peer last host
	peer=$(other "$1")
	script_pair 1.8 "$1" "$2"
	last=$2@$(snaps "$1" "$2")
	on "$1" zfs inherit zrep:sent "$last"
	for host in "$1" "$peer"; do
		on "$host" zfs set "zrep:lastsent=$last" "zrep:lastsenttime=$(date +%s)" "$2"
	done
}

# script_tree VERSION MASTER DATASET: with two datasets below it, initialised and synced with -R: only the top has
# properties and marks, what is below has the snapshots.
script_tree() {
	local version=$1 at=$2 ds=$3 peer below
	peer=$(other "$2")
	script_pair "$version" "$at" "$ds"
	for below in "$ds/b" "$ds/b/c"; do
		on "$at" zfs create "$below"
		echo "$below" | put "$at" "$below" file
		# As the first stream with -R would have made it.
		# shellcheck disable=SC2016
		on "$at" sh -ec 'zfs snapshot "$1@$2"; zfs send -p "$1@$2" | ssh "$3" zfs receive -u "$1"' sh "$below" \
			"$(snaps "$at" "$ds")" "$peer"
	done
	script_sync "$at" "$ds" -R
}

# --- what must be so of every such state ---

# script_checks HOST DATASET: `check` finds nothing but that the base is not held yet, which is for a sync.
script_checks() {
	expect_status 1 on "$1" zrep check "$2"
	says "ZREP WARNING - $2: " 'is not held there by zrep' 'zrep sync' '| lag='
}

# script_stays MASTER DATASET [DESTINATION]: status, sync, expire and check work as they are, in place: nothing is
# sent but what is new.
script_stays() {
	local at=$1 ds=$2 to=${3:-$2} peer base i
	peer=$(other "$at")
	base=$(snaps "$at" "$ds" | grep -o '[^ ]*$')
	expect_status 0 on "$at" zrep status "$ds"
	says "$ds" "$(prop "$at" "$ds" zrep:dest-host):$to" ' ok'
	expect_status 0 on "$peer" zrep status -a "$to"
	says ' replica'
	script_checks "$at" "$ds"
	script_checks "$peer" "$to"
	for i in 1 2 3 4 5 6; do
		echo "word $i" | put "$at" "$ds" file
		expect_status 0 on "$at" zrep sync "$ds"
		says " -> $(prop "$at" "$ds" zrep:dest-host):$to  @zrep_" KiB
		[[ $i != 1 ]] || is "$(guid "$at" "$ds@$base")" "$(guid "$peer" "$to@$base")"
		same file "$at" "$ds" "$peer" "$to"
	done
	is "$(snaps "$at" "$ds" | wc -w)" 5
	is "$(snaps "$peer" "$to" | wc -w)" 5
	on "$at" zfs set zrep:savecount=3 "$ds"
	expect_status 0 on "$at" zrep expire "$ds"
	is "$(snaps "$at" "$ds" | wc -w)" 3
	on "$peer" zfs set zrep:savecount=2 "$to"
	expect_status 0 on "$peer" zrep expire -L "$to"
	is "$(snaps "$peer" "$to" | wc -w)" 2
	expect_status 0 on "$at" zrep check "$ds"
	expect_status 0 on "$peer" zrep check "$to"
	expect_status 0 on "$at" zrep -n sync all
}

# script_moves MASTER DATASET: the role goes to the other side and comes back, whoever is asked.
script_moves() {
	local at=$1 ds=$2 peer
	peer=$(other "$at")
	script_checks "$at" "$ds"
	echo "of $at" | put "$at" "$ds" file
	expect_status 0 on "$at" zrep failover "$ds"
	is "$(get "$peer" "$ds" file)" "of $at"
	leads "$peer" "$ds"
	expect_status 0 on "$at" zrep takeover "$ds"
	leads "$at" "$ds"
	expect_status 0 on "$at" zrep check "$ds"
}
