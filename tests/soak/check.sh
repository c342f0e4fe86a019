# shellcheck shell=bash
# What must be so after each event, by what all hosts hold, and nothing but zrep's promises. Sourced by run. The numbers
# are those of tests/crash/rolecheck.sh, whose eyes these are (role_look).
#
# What was written, and acknowledged, is in `strength`:
#   firm    on the master
#   loose   in some dataset, on whichever host: the operator forced a change of roles, or a host was set back
#   free    it may be gone, by the operator's word, or because the host was set back that had it alone

is_tag_master() { [[ ${is[$2 $3 $1:master]:-} == yes && ${is[$2 $3 $1:src-fs]:-} == "$3" ]]; } # TAG HOST DATASET
is_tag_replica() { [[ -n ${is[$2 $3 $1:src-fs]:-} && ${is[$2 $3 $1:master]:-} != yes ]]; }
is_any_master() { is_tag_master zrep "$@" || is_tag_master c "$@"; }
is_any_replica() { is_tag_replica zrep "$@" || is_tag_replica c "$@"; }
is_leader() { is_any_master "$@" && ! is_any_replica "$@"; } # what passes on what it receives leads nothing
number_of() { REPLY=${is[$2 $3 $1:epoch]:-0}; REPLY=${REPLY%%[!0-9]*}; } # TAG HOST DATASET

# side_of MEMBER: in $REPLY the dataset that is this member now: for a moment of its way back it has another name.
side_of() {
	local host=${members[$1]% *} ds=${members[$1]#* } d
	REPLY=$ds
	[[ -z ${is[$host $ds guid]:-} ]] || return 0
	kept_of "$host" "$ds"
	for d in $REPLY; do
		REPLY=$d
		[[ ${is[$host $d zrep:switch]:-}${is[$host $d c:switch]:-} != back* ]] || return 0
	done
	REPLY=
}

look_only() {
	local host
	look_hosts=()
	for host in "${hosts[@]}"; do ! is_up "$host" || look_hosts=("$host" "${look_hosts[@]}"); done
	role_look
}

# In `leaders` the members that lead, HOST DATASET each.
find_leaders() {
	local i host
	leaders=()
	for i in "${!members[@]}"; do
		host=${members[i]% *}
		side_of "$i"
		[[ -z $REPLY ]] || ! is_leader "$host" "$REPLY" || leaders+=("$host $REPLY")
	done
}

# is_of_last HOST DATASET: no member is of a later epoch. One that gave its role up, say, after this one was superseded.
is_of_last() {
	local i tag most=0 its=0
	for i in "${!members[@]}"; do
		for tag in zrep c; do
			# shellcheck disable=SC2086 # two words
			number_of "$tag" ${members[i]}
			[[ $REPLY -le $most ]] || most=$REPLY
			[[ ${members[i]} != "$1 $2" || $REPLY -le $its ]] || its=$REPLY
		done
	done
	[[ $its -eq $most ]]
}

# is_the_leader HOST DATASET: nobody else leads, or only one that lost to it, under the tag of both.
is_the_leader() {
	local l link tag from to a b mine theirs
	find_leaders
	is_leader "$1" "$2" && [[ ${#down[@]} -eq 0 ]] && is_of_last "$1" "$2" || return 1
	for l in "${leaders[@]}"; do
		[[ $l != "$1 $2" ]] || continue
		[[ $image == no ]] || return 1
		mine=-1 theirs=-1
		for link in "${links[@]}"; do
			read -r tag from to <<<"$link"
			a=${members[from]} b=${members[to]}
			[[ "$a,$b" == "$l,$1 $2" || "$b,$a" == "$l,$1 $2" ]] || continue
			# shellcheck disable=SC2086 # two words
			number_of "$tag" $l
			theirs=$REPLY
			number_of "$tag" "$1" "$2"
			mine=$REPLY
		done
		[[ $mine -gt $theirs ]] || return 1
	done
}

# A link that another member has taken over goes from that one to the end that is left.
relink() {
	local i tag from to m end
	for i in "${!links[@]}"; do
		read -r tag from to <<<"${links[i]}"
		# shellcheck disable=SC2086 # two words
		! is_tag_master "$tag" ${members[from]} && ! is_tag_master "$tag" ${members[to]} || continue
		for m in "${!members[@]}"; do
			# shellcheck disable=SC2086
			is_tag_master "$tag" ${members[m]} || continue
			for end in "$from" "$to"; do
				[[ "${is[${members[m]} $tag:dest-host]:-} ${is[${members[m]} $tag:dest-fs]:-}" == "${members[end]}" ]] || continue
				links[i]="$tag $m $end"
				relinked=yes
				# They go on from what the link's former holder left them; it is held again after the next sync.
				[[ -z ${base_ok[$tag]:-} ]] || base_ok[$tag]=ground
				note "(tag $tag is ${members[m]}'s to ${members[end]} now)"
			done
		done
	done
}

check_link() { # TAG FROM TO
	local tag=$1 a b d i host both=() epochs=() here there g away=no
	for i in "$2" "$3"; do
		host=${members[i]% *}
		is_up "$host" || return 0
		side_of "$i"
		d=$REPLY
		[[ -n $d ]] || return 0
		number_of "$tag" "$host" "$d"
		# A link that somebody else has taken over is not this member's any more.
		if [[ -n ${is[$host $d $tag:src-host]:-} ]]; then
			[[ $REPLY -ge ${said_epoch[${members[i]} $tag]:-0} ]] ||
				mistake "1: the epoch of $d on $host (tag $tag) was ${said_epoch[${members[i]} $tag]}, and is $REPLY"
			said_epoch[${members[i]} $tag]=$REPLY
		fi
		[[ ${is[$host $d $tag:switch]:-leaving 1} =~ ^(leaving|entering|back)\ [0-9] ]] ||
			mistake "5: $d on $host has $tag:switch=${is[$host $d $tag:switch]}"
		# On its way back under the other tag it is the master of this one still, under another name.
		[[ $d == "${members[i]#* }" || ${is[$host $d $tag:master]:-} != yes ]] || away=yes
		# Two were forced to lead under different tags, who had not heard of each other, and the one's replica came over to the
		# other: that passes on what it receives, of the same epoch, and leads nothing.
		[[ $forced == no ]] || ! is_any_replica "$host" "$d" || continue
		! is_tag_master "$tag" "$host" "$d" || { both+=("$d on $host"); epochs+=("$REPLY"); }
	done
	if [[ ${#both[@]} -eq 2 && ${epochs[0]} == "${epochs[1]}" && $image == no ]]; then
		mistake "1: two masters of epoch ${epochs[0]} under tag $tag: ${both[0]} and ${both[1]}"
	fi
	[[ ${#both[@]} -gt 0 || $away == yes || $forced == yes || $image == yes ]] || mistake "1: under tag $tag there is no master any more"
	[[ ${base_ok[$tag]:-} == 1 ]] || return 0
	held_of "$2"
	here=$REPLY
	held_of "$3"
	there=$REPLY
	for g in $here; do [[ $there != *" $g "* ]] || return 0; done
	mistake "3: tag $tag: ${members[$2]} and ${members[$3]} hold no common base"
}

# held_of MEMBER: in $REPLY the GUIDs of held snapshots, also of what was kept of it, a blank around each.
held_of() {
	local host=${members[$1]% *} ds=${members[$1]#* } d s all=' '
	kept_of "$host" "$ds"
	for d in "$ds" $REPLY; do
		for s in ${parts[$host $d]:-}; do
			[[ ${is[$host $d@$s userrefs]:-0} == 0 ]] || all+="${is[$host $d@$s guid]} "
		done
	done
	REPLY=$all
}

check_members() {
	local i host ds d writable=() half
	for i in "${!members[@]}"; do
		read -r host ds <<<"${members[i]}"
		is_up "$host" || continue
		side_of "$i"
		d=$REPLY
		if [[ -z $d ]]; then
			mistake "6: $ds has nothing left on $host"
			continue
		fi
		# Whoever was killed may leave it aside; there it stays until a command for it goes on.
		if [[ $d == "$ds" ]]; then
			unset "aside[$host $ds]"
		elif [[ $crashed == yes || $cut == yes || ${#down[@]} -gt 0 ]]; then
			aside[$host $ds]=yes
		else
			[[ -n ${aside[$host $ds]:-} ]] || mistake "6: $ds on $host is missing under its name; it is $d"
		fi
		if is_any_master "$host" "$d"; then
			[[ ${is[$host $d readonly]:-} != off ]] || writable+=("$d on $host")
		elif is_any_replica "$host" "$d"; then
			[[ ${is[$host $d readonly]:-} == on ]] || mistake "4: $d on $host is a replica, and not read-only"
		fi
		check_unwritten "$host" "$d"
	done
	[[ ${#writable[@]} -lt 2 || $forced == yes || $image == yes ]] || mistake "1: ${writable[0]} and ${writable[1]} can be written to"
}

# A replica is changed only by receive and expire. Up to 12 KiB a way back leaves by itself.
check_unwritten() { # HOST DATASET
	local w=${is[$1 $2 written]:-0} before=${last_written[$1 $2]:-0}
	last_written[$1 $2]=$w
	is_any_master "$1" "$2" && return 0
	# Of what was destroyed there once, what it held in common with others may go at any time after.
	[[ $w -gt 12288 ]] || return 0
	[[ $before -le 12288 && -z ${pruned[$1 $2]:-} && $crashed == no && $alone == yes ]] || return 0
	[[ $c_verb =~ ^(sync|refresh|synconly|snaponly|expire|pause|unpause|status|check)$ && $discarding == no ]] || return 0
	mistake "4: $2 on $1, a replica, was written to: $w"
}

check_foreign() {
	local key host d s
	local -A there=()
	for host in "${look_hosts[@]}"; do
		for d in ${sets[$host]:-}; do
			for s in ${parts[$host $d]:-}; do
				is_own "$s" || there[$host ${is[$host $d@$s guid]}]="$s ${is[$host $d@$s written]:-0}"
			done
		done
	done
	for key in "${!foreign[@]}"; do
		host=${key% *}
		is_up "$host" || continue
		[[ -z ${there[$key]:-} || ${there[$key]% *} != "${foreign[$key]% *}" ]] || continue
		# One without data of its own may go, so that replication goes on.
		[[ $discarding == yes || ${foreign[$key]#* } -eq 0 ]] ||
			mistake "6: @${foreign[$key]% *} (${foreign[$key]#* } bytes) is gone from $host, or renamed (${there[$key]:-})"
		unset "foreign[$key]"
	done
	for key in "${!there[@]}"; do foreign[$key]=${there[$key]}; done
}

# Nothing but the members, and what was put aside.
check_names() {
	local host d m ok
	for host in "${look_hosts[@]}"; do
		for d in ${sets[$host]:-}; do
			ok=no
			[[ $d != tank/far ]] || ok=yes
			for m in "${members[@]}"; do [[ "$host $d" != "$m" ]] || ok=yes; done
			# What is put aside keeps the name that it had then.
			[[ ! $d =~ ^tank/[a-z/-]+(_kept_[0-9]{8}T[0-9]{6}Z|_old_[0-9]+)$ ]] || ok=yes
			[[ $ok == yes ]] || mistake "6: $d on $host: what is that?"
		done
	done
}

# gone_from HOST DATASET FILE...: in the array `gone` those that are not there.
gone_from() {
	local host=$1 d=$2 file ask=()
	shift 2
	for file; do ask+=("$files/$file" "$d" "$file"); done
	others "$host" "${ask[@]}"
	gone=()
	for file in "${others[@]}"; do gone+=("${ask[file * 3 + 2]}"); done
}

check_written() {
	local file host d l firm=() loose=() gone=() some
	for file in "${!strength[@]}"; do
		case ${strength[$file]} in
		firm) firm+=("$file") ;;
		loose) loose+=("$file") ;;
		esac
	done
	find_leaders
	# What leads: all that is firm. On its way back it does not lead.
	some=("${firm[@]}")
	for l in "${leaders[@]}"; do
		read -r host d <<<"$l"
		[[ ${is[$l zrep:switch]:-}${is[$l c:switch]:-} != back* ]] || { some=() loose+=("${firm[@]}"); break; }
		[[ ${#some[@]} -eq 0 ]] || { gone_from "$host" "$d" "${some[@]}"; some=("${gone[@]}"); }
	done
	if [[ ${#leaders[@]} -eq 0 ]]; then
		loose+=("${firm[@]}")
	else
		for file in "${some[@]}"; do
			mistake "2: $file, written on ${acked[$file]}, is not on the master, ${leaders[*]}"
		done
	fi
	for host in "${hosts[@]}"; do
		for d in ${sets[$host]:-}; do
			[[ ${#loose[@]} -gt 0 ]] || break 2
			gone_from "$host" "$d" "${loose[@]}"
			loose=("${gone[@]}")
		done
	done
	for file in "${loose[@]}"; do
		if [[ $set_back == yes ]]; then
			strength[$file]=free
			note "($file went with what $moment had)"
		else
			mistake "2: $file, written on ${acked[$file]}, is nowhere any more"
		fi
	done
}

# Where nobody led, because a host was set back, nobody but the operator decides that the older of two goes on.
check_best() {
	local m all=("${!strength[@]}") lacks=() gone=()
	[[ $image == yes && $led_before -eq 0 && ${#leaders[@]} -eq 1 && ${#all[@]} -gt 0 && $crashed == no && $alone == yes ]] &&
		[[ $c_verb =~ ^(takeover|failover)$ && $c_opts != *' -L '* && $c_opts != *' --force '* ]] || return 0
	# shellcheck disable=SC2086 # two words
	gone_from ${leaders[0]} "${all[@]}"
	lacks=("${gone[@]}")
	[[ ${#lacks[@]} -gt 0 ]] || return 0
	for m in "${members[@]}"; do
		[[ $m != "${leaders[0]}" ]] || continue
		# shellcheck disable=SC2086
		gone_from $m "${lacks[@]}"
		[[ ${#gone[@]} -eq ${#lacks[@]} ]] ||
			mistake "2: nobody led, and without a word that forces it ${leaders[0]} does now, which lacks what $m has (of ${lacks[*]})"
	done
}

# Where one leads, of the highest epoch, and nothing is half done, what it has is not to be lost from now on.
firm_up() {
	local l file all=() i
	[[ ${#leaders[@]} -eq 1 ]] || return 0
	for i in "${!members[@]}"; do
		l=${members[i]}
		[[ -z ${is[$l zrep:switch]:-}${is[$l c:switch]:-} && -n ${is[$l guid]:-} ]] || return 0
	done
	# shellcheck disable=SC2086
	is_of_last ${leaders[0]} || return 0
	for file in "${!strength[@]}"; do [[ ${strength[$file]} == firm ]] || all+=("$file"); done
	[[ ${#all[@]} -gt 0 ]] || return 0
	# shellcheck disable=SC2086 # two words
	gone_from ${leaders[0]} "${all[@]}"
	for file in "${all[@]}"; do [[ " ${gone[*]} " == *" $file "* ]] || strength[$file]=firm; done
}

check_now() {
	local link host
	for host in "${hosts[@]}"; do
		is_up "$host" && ! uzctl "$host" armed >/dev/null 2>&1 || continue
		mistake "5: $host died of itself: $(tail -n 3 "$LAB_DIR/$host/uzfsd.log" | paste -sd ' ')"
		"$lab" start "$host"
	done
	look_only
	relink
	check_members
	# shellcheck disable=SC2086 # three words
	for link in "${links[@]}"; do check_link $link; done
	check_names
	check_foreign
	# Of what is off nobody knows what it has.
	[[ ${#down[@]} -eq 0 ]] || { led_before=-1; return 0; }
	check_written
	check_best
	firm_up
	led_before=${#leaders[@]}
}

show_members() {
	local host d s line p
	for host in "${look_hosts[@]}"; do
		for d in ${sets[$host]:-}; do
			line="$host $d:"
			for s in zrep c; do
				for p in master epoch switch src-host dest-host readonly reset paused error; do
					[[ -z ${is[$host $d $s:$p]:-} ]] || line+=" $s:$p=${is[$host $d $s:$p]}"
				done
			done
			echo "    $line readonly=${is[$host $d readonly]:-} written=${is[$host $d written]:-}"
			line=
			for s in ${parts[$host $d]:-}; do
				line+=" $s=${is[$host $d@$s guid]:0:6}"
				[[ ${is[$host $d@$s userrefs]} == 0 ]] || line+="+${is[$host $d@$s userrefs]}"
			done
			[[ -z $line ]] || echo "       $line"
		done
	done
	for s in "${!strength[@]}"; do echo "       $s ${strength[$s]} ${acked[$s]}"; done | sort -V | tail -n 12
}
