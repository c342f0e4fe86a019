# shellcheck shell=bash
# What follows a crash is not told again where it cannot come out otherwise. Sourced by run; README says why that is sound.
#
# When nobody is at work any more, what a story comes to is a matter of what both hosts hold, and of the commands that are
# said then. So all that they hold is read, and who has which of the files that an application wrote, and what the suite
# itself remembers. Where from that very state another point went on already, with the same kind of follow-up, and
# all was well at its end, a point ends there.
#
# $states/STORY/STATE.KIND has the name of the point that came to its end; STATE is a hash of what state.awk says.

states=$top/states
state='' # STORY/STATE.KIND of the present point, where it may be another's example

# is_resting: no zrep of either host, and nothing that one started, is at work.
is_resting() { ask busy "$LAB_DIR" && [[ -z $answer ]]; }

# read_state: in $work/state what there is now. False: it cannot be known.
read_state() {
	local host d s f ask name key
	for host in host1 host2; do
		tell_host "$host" list tank all || return 1
		[[ $answer != *$'\treceive_resume_token\t1-'* ]] || return 1 # how far it came differs by bytes
		printf 'host\t%s\n%s' "$host" "$answer"
	done >"$work/state"
	# Nobody is at work in the hosts' ZFS any more, either: what is chosen from now on is chosen by this.
	role_look
	{
		for host in host1 host2; do
			ask=() name=()
			for d in ${sets[$host]:-}; do
				for s in '' ${parts[$host $d]:-}; do
					for f in "${!acked[@]}"; do
						ask+=("$files/$f" "$d${s:+@$s}" "${f#[0-9].}")
						name+=($'suite\t'"$host $d${s:+@$s} has another $f, or none")
					done
				done
			done
			others "$host" "${ask[@]}"
			for s in "${others[@]}"; do printf '%s\n' "${name[s]}"; done
		done
		for key in "${!acked[@]}"; do printf 'suite\tacked %s %s\n' "$key" "${acked[$key]}"; done
		for key in "${!said_epoch[@]}"; do printf 'suite\tepoch %s %s\n' "$key" "${said_epoch[$key]}"; done
		printf 'suite\t%s %s %s\n' "$writes" "$nobody $closed $may_wait" "$unborn"
	} >>"$work/state"
}

# is_same: the rest of this point was told. In $same the name of the one that it was told of.
# Who is still dying while the next command comes has no state.
is_same() {
	local hash
	same='' state=''
	[[ $all_told == no ]] || return 1
	if ! is_resting; then
		[[ $((lot / 3 % 3)) -ne 0 ]] || return 1
		at_rest
		look_again 'when nobody was at work any more'
	fi
	[[ ${#wrong[@]} -eq 0 ]] && read_state && is_resting || return 1
	hash=$(awk -f "$here/state.awk" "$work/state" | tee "$work/words" | sha256sum)
	# On which host the first command is said, and whether it is killed too; all else that is left to chance comes with
	# the point that goes on.
	state=$story/${hash:0:24}.$((lot / 5 % 2))$((lot / 3 % 3 == 0))
	[[ -z ${CRASH_STATES:-} ]] || { mkdir -p "$CRASH_STATES/$story" && cp "$work/words" "$CRASH_STATES/${state%.*}"; }
	{ read -r same <"$states/$state"; } 2>/dev/null
}

# is_example: the present point came to its end, and all was well.
is_example() {
	[[ -n $state ]] || return 0
	mkdir -p "$states/${state%/*}"
	echo "$1" >"$states/$state.$BASHPID" && mv "$states/$state.$BASHPID" "$states/$state"
}

# known_states FILE: those that the list has of this very program and suite.
known_states() {
	local point commit result took at program
	while read -r point commit result took at program; do
		[[ $result != WRONG && -n $program && $program == "$this_program" ]] || continue
		mkdir -p "$states/${at%/*}" && echo "$point" >"$states/$at"
	done <"$1"
}
