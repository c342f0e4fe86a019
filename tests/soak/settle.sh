# shellcheck shell=bash
# The honest operator: everything is on again, nothing fails any more, and he does what zrep tells him. Sourced by run.
# A walk is good only if that leads to a healthy pair.

# remedies_of FILE HOST: a line "HOST ARG..." for each command of zrep's that a remedy in it names, as it would be pasted.
remedies_of() {
	sed -n 's/^ *-> //p' "$1" | awk -v "here=$2" '
		BEGIN {
			split("init sync refresh synconly failover takeover rejoin doctor unpause clear changeconfig sentsync expire", v, " ")
			for (i in v) verb[v[i]] = 1
		}
		{
			n = split($0, word, " ")
			host = here
			for (i = 1; i <= n; i++) {
				w = word[i]
				gsub(/^[`(]+/, "", w)
				bare = w
				gsub(/[`,;:).]+$/, "", bare)
				if (i > 1 && word[i - 1] == "on" && bare ~ /^host[0-9]$/) host = bare
				if (w != "zrep") { if (word[i] ~ /;$/) host = here; continue }
				line = ""
				seen = 0
				for (j = i + 1; j <= n; j++) {
					w = word[j]
					end = gsub(/[`,;:).]+$/, "", w)
					ok = 0
					if (w ~ /^--?[a-zA-Z][a-zA-Z-]*$/) ok = 1
					else if (!seen && (w in verb)) ok = seen = 1
					else if (!seen && word[j - 1] == "-t" && w ~ /^[a-z]+$/) ok = 1
					else if (seen && (w ~ /^tank\// || w ~ /^host[0-9]$/)) ok = 1
					if (!ok) break
					line = line " " w
					if (end) { j++; break }
				}
				if (w ~ /^[A-Z][A-Z-]+$/) continue # for him to fill in
				# "zrep rejoin tank/a on host2"
				at = host
				if (word[j] == "on" && word[j + 1] ~ /^host[0-9]/) { at = word[j + 1]; gsub(/[^a-z0-9]/, "", at) }
				if (seen && line ~ / tank\//) print at line
				if (word[i] ~ /;$/) host = here
			}
		}'
}

# needs DANGER: what the operator would rather not do, in `$REPLY`: 0 nothing is lost, 1 something may be, 2 the pair is.
dangers() {
	REPLY=0
	[[ " $* " != *' -f '* && " $* " != *' --discard '* && " $* " != *' -L '* && " $* " != *' --force '* ]] || REPLY=1
	[[ " $* " != *' clear '* && " $* " != *' init '* ]] || REPLY=2
}

# in_step TAG FROM TO: one master, a replica that has all that it has, nothing half done. Otherwise $REPLY says what.
in_step() {
	local tag=$1 i m='' r='' file all=() gone=()
	for i in "$2" "$3"; do
		[[ -n ${is[${members[i]} guid]:-} ]] || { REPLY="${members[i]} is missing"; return 1; }
		[[ -z ${is[${members[i]} zrep:switch]:-}${is[${members[i]} c:switch]:-} ]] || { REPLY="${members[i]} is in a role change"; return 1; }
		# shellcheck disable=SC2086 # two words
		if is_tag_master "$tag" ${members[i]}; then m+=$i; else r+=$i; fi
	done
	[[ ${#m} -eq 1 ]] || { REPLY="there are ${#m} masters"; return 1; }
	m=${members[m]} r=${members[r]}
	# shellcheck disable=SC2086
	is_tag_replica "$tag" $r || { REPLY="$r is no replica"; return 1; }
	[[ ${is[$r readonly]} == on ]] || { REPLY="$r is writable"; return 1; }
	# shellcheck disable=SC2086
	[[ ${is[$m readonly]} == off ]] || is_any_replica $m || { REPLY="$m is read-only"; return 1; }
	[[ -z ${is[$m $tag:error]:-} ]] || { REPLY="it says ${is[$m $tag:error]}"; return 1; }
	[[ ${is[$r receive_resume_token]:--} == - ]] || { REPLY="$r has a partial receive left"; return 1; }
	for file in "${!strength[@]}"; do all+=("$file"); done
	# shellcheck disable=SC2086
	gone_from $m "${all[@]}"
	all=()
	for file in "${!strength[@]}"; do [[ " ${gone[*]} " == *" $file "* ]] || all+=("$file"); done
	# shellcheck disable=SC2086
	gone_from $r "${all[@]}"
	[[ ${#gone[@]} -eq 0 ]] || { REPLY="$r lacks ${gone[*]}"; return 1; }
}

# settle_link TAG FROM TO: False: it cannot be brought in order.
settle_link() {
	local tag=$1 t round a b d i host cmd list=() danger candidate link
	local -A tried=()
	tagged "$tag"
	for ((round = 0; round < 14; round++)); do
		look_only
		[[ ${#wrong[@]} -eq 0 ]] || return 1
		candidate=
		a=${members[$2]} b=${members[$3]}
		# First what the last command said; what may lose nothing before what may.
		for danger in 0 1 2; do
			for cmd in "${list[@]}"; do
				# shellcheck disable=SC2086
				dangers $cmd
				[[ $REPLY -ne "$danger" || -n ${tried[$cmd]:-} ]] || { candidate=$cmd; break 2; }
			done
			# Before he gives anything up, he tries what he knows by himself.
			[[ $danger -ne 0 ]] || own_idea "$@" || break
		done
		[[ -n $candidate ]] || return 1
		tried[$candidate]=1
		settled_with=$((settled_with + 1))
		if [[ $candidate == *' clear '* ]]; then
			note "(he is to: $candidate)"
			clears=zrep
			[[ ! $candidate =~ \ -t\ ([a-z]+)\  ]] || clears=${BASH_REMATCH[1]}
			return 1
		fi
		# shellcheck disable=SC2086
		set -- "$1" "$2" "$3" $candidate
		moment="settle: $candidate"
		[[ $candidate == *' -y '* ]] || set -- "$1" "$2" "$3" "$4" -y "${@:5}"
		crashed=no discarding=no set_back=no alone=yes
		ev_zrep "${@:4}"
		at_rest
		# A remedy that is refused in its turn helps nobody who is paged at night; but it does no harm.
		[[ $said_status -ne 3 || " ${list[*]/%/;} " != *" $candidate;"* ]] ||
			weak+=("$candidate: $(sed -n '/^zrep: /{p;q}' "$top/out")")
		mapfile -t list < <(remedies_of "$top/out" "$4")
		[[ $said_status -ne 0 || ${#list[@]} -eq 0 ]] || list=()
		# After something was done that a remedy said, what was tried may work now.
		if [[ $said_status -eq 0 ]] || grep -q ' mended' "$top/out"; then tried=(["$candidate"]=$((${tried_ok[$candidate]:-0} > 1))); fi
		[[ ${tried[$candidate]} != 0 ]] || unset "tried[$candidate]"
		tried_ok[$candidate]=$((${tried_ok[$candidate]:-0} + (said_status == 0)))
		set -- "$1" "$2" "$3"
		check_now
		# The link may be another member's now, see relink.
		for link in "${links[@]}"; do
			# shellcheck disable=SC2086 # three words
			[[ $link != "$1 "* ]] || set -- $link
		done
		if [[ $said_status -eq 0 && $candidate == *' sync '* ]]; then
			in_step "$@" && return 0
			note "(not in step: $REPLY)"
		fi
	done
	return 1
}

# own_idea TAG FROM TO: sets `candidate`, if there is none yet: by who is the master, as an operator would see by status.
own_idea() {
	local i m=() half='' ea eb
	[[ -z $candidate ]] || return 1
	for i in "$2" "$3"; do
		# shellcheck disable=SC2086
		! is_tag_master "$1" ${members[i]} || m+=("$i")
		[[ -z ${is[${members[i]} $1:switch]:-} && -n ${is[${members[i]} guid]:-} ]] || half=$i
	done
	if [[ -n $half && -z ${tried[${members[half]% *} ${t[*]} doctor --fix ${members[half]#* }]:-} ]]; then
		candidate="${members[half]% *} ${t[*]} doctor --fix ${members[half]#* }"
	elif [[ ${#m[@]} -eq 1 ]]; then
		candidate="${members[m]% *} ${t[*]} sync ${members[m]#* }"
	elif [[ ${#m[@]} -eq 2 ]]; then
		# shellcheck disable=SC2086
		number_of "$1" ${members[$2]}
		ea=$REPLY
		# shellcheck disable=SC2086
		number_of "$1" ${members[$3]}
		eb=$REPLY
		i=$2
		[[ $ea -le $eb ]] || i=$3
		candidate="${members[i]% *} ${t[*]} sync ${members[i]#* }"
		[[ -z ${tried[$candidate]:-} ]] || candidate="${members[i]% *} ${t[*]} rejoin ${members[i]#* }"
	else
		candidate="${members[$3]% *} ${t[*]} takeover ${members[$3]#* }"
		[[ -z ${tried[$candidate]:-} ]] || candidate="${members[$2]% *} ${t[*]} takeover ${members[$2]#* }"
	fi
	candidate=${candidate//  / }
	[[ -n ${tried[$candidate]:-} ]] || return 1
	candidate=
	return 0
}

# has_common FROM TO: do the two have a snapshot in common at all?
has_common() {
	local a=${members[$1]} b=${members[$2]} s t
	for s in ${parts[$a]:-}; do
		for t in ${parts[$b]:-}; do [[ ${is[$a@$s guid]} != "${is[$b@$t guid]}" ]] || return 0; done
	done
	return 1
}

# all_in_step: every link is, as all hosts are now.
all_in_step() {
	local link tag from to
	look_only
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		in_step "$tag" "$from" "$to" || return 1
	done
}

ev_settle() {
	local link tag from to host round clears again relinked moved=0
	local -A tried_ok=()
	ev_join
	for host in "${hosts[@]}"; do ev_start "$host"; uzctl "$host" disarm >/dev/null 2>&1; done
	at_rest
	for ((round = 0; round < 2; round++)); do
		again='' relinked=''
		for link in "${links[@]}"; do
			read -r tag from to <<<"$link"
			clears=
			settle_link "$tag" "$from" "$to" && continue
			[[ ${#wrong[@]} -eq 0 ]] || return 0
			look_only
			if [[ $clears != "$tag" && -n $clears ]]; then
				note "(another tag's pair is in the way, and given up: $clears)"
				given_up=$((given_up + 1))
				again=$clears
				[[ $tag == zrep ]] || { again=zrep; break; }
				ev_zrep "${members[0]% *}" -t c -y clear "${members[0]#* }"
				ev_zrep "${members[1]% *}" -t c -y clear "${members[1]#* }"
				clears=
				settle_link "$tag" "$from" "$to" || { mistake "5: nothing that zrep says brings tag $tag in order"; return 0; }
				break
			fi
			if has_common "$from" "$to"; then
				in_step "$tag" "$from" "$to"
				mistake "5: nothing that zrep says brings tag $tag in order: $REPLY"
				return 0
			fi
			note '(nothing in common is left)'
			[[ -z ${base_ok[$tag]:-} ]] || mistake "3: tag $tag has no common snapshot any more"
			again=$tag
			break
		done
		if [[ -z $again && $moved -lt 3 ]] && { [[ -n $relinked ]] || ! all_in_step; }; then
			# What another member has taken over meanwhile has to be in step as well, and what was before its other end came over
			# to somebody else.
			moved=$((moved + 1)) round=$((round - 1))
			continue
		fi
		[[ -n $again ]] || break
		[[ $round -eq 0 ]] || { mistake "5: a pair that was made anew is not in order"; return 0; }
		moment="settle: $again anew"
		ev_anew "$again"
		check_now
		[[ ${#wrong[@]} -eq 0 ]] || return 0
	done
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		look_only
		in_step "$tag" "$from" "$to" || continue
		base_ok[$tag]=1
	done
	forced=no image=no
}
