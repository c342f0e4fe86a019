# shellcheck shell=bash
# Which events a walk has. Sourced by run. All comes from the seed, and from who leads at the moment; a walk that is
# told again takes the same way as far as processes that run at a time do.

# rnd N: in $REPLY a number below that.
rnd() {
	state=$(((state * 1103515245 + 12345) & 0x7fffffff))
	REPLY=$(((state >> 8) % $1))
}
sow() { # SEED NUMBER
	state=$((($1 * 7919 + $2 * 104729 + 17) & 0x7fffffff))
	rnd 2; rnd 2; rnd 2
}
pick() { rnd $#; shift "$REPLY"; REPLY=$1; }
chance() { rnd 100; [[ $REPLY -lt $1 ]]; }

# pick_end: in `at` a host, in `t` the words for the tag, in `d` a dataset there with a link, in `peer` the other end;
# more often than not, one that leads.
pick_end() { # leader|replica|any
	local link tag from to i
	rnd ${#links[@]}
	link=${links[REPLY]}
	read -r tag from to <<<"$link"
	tagged "$tag"
	if chance 50; then i=$from; else i=$to; fi
	if [[ $1 != any ]] && chance 80; then
		# shellcheck disable=SC2086
		if is_tag_master "$tag" ${members[from]}; then i=$from; else i=$to; fi
		[[ $1 != replica ]] || i=$((from + to - i))
	fi
	the_tag=$tag
	read -r at d <<<"${members[i]}"
	peer=${members[from + to - i]}
}

# a_command: in the array `said` a command line, "zrep HOST ...". a_deed: one that does something.
a_deed() { a_command 88; }
a_command() { # [OUT-OF]
	local n force=0 odd=()
	[[ $profile == calm ]] || force=1
	rnd 100
	n=$REPLY
	if [[ $force -eq 1 && $n -lt 16 ]]; then forced_command "$n"; return; fi
	rnd "${1:-100}"
	n=$REPLY
	! chance 5 || odd+=(--limit 50M)
	if [[ $n -lt 18 ]]; then pick_end leader; said=(zrep "$at" "${t[@]}" "${odd[@]}" sync "$d")
	elif [[ $n -lt 23 ]]; then pick_end replica; said=(zrep "$at" "${t[@]}" "${odd[@]}" refresh "$d")
	elif [[ $n -lt 26 ]]; then pick_end leader; said=(zrep "$at" "${t[@]}" snaponly "$d")
	elif [[ $n -lt 29 ]]; then pick_end leader; said=(zrep "$at" "${t[@]}" synconly "$d")
	elif [[ $n -lt 46 ]]; then pick_end leader; said=(zrep "$at" "${t[@]}" failover "$d")
	elif [[ $n -lt 61 ]]; then pick_end replica; said=(zrep "$at" "${t[@]}" takeover "$d")
	elif [[ $n -lt 70 ]]; then pick_end any; said=(zrep "$at" "${t[@]}" -y rejoin "$d")
	elif [[ $n -lt 78 ]]; then pick_end any; said=(zrep "$at" "${t[@]}" doctor --fix "$d")
	elif [[ $n -lt 82 ]]; then
		pick_end any
		pick '' -L
		# shellcheck disable=SC2206
		said=(zrep "$at" "${t[@]}" expire $REPLY "$d")
	elif [[ $n -lt 84 ]]; then pick_end leader; pick pause unpause unpause; said=(zrep "$at" "${t[@]}" "$REPLY" "$d")
	elif [[ $n -lt 86 ]]; then # what is of all datasets of a host
		pick_end any
		pick 'run --every 1s' 'run --pull --every 1s' 'sync all' 'refresh all' 'expire all' 'failover all' 'takeover all' "failover $d ${peer% *}" "takeover $d ${peer% *}" \
			"sync -R $d" "synconly -P 1 $d"
		# shellcheck disable=SC2206
		said=(zrep "$at" "${t[@]}" $REPLY)
	elif [[ $n -lt 87 ]]; then pick_end leader; said=(zrep "$at" "${t[@]}" sync -I "$d")
	elif [[ $n -lt 88 ]]; then
		pick_end any
		# shellcheck disable=SC2206
		said=(zrep "$at" "${t[@]}" init "$d" $peer)
	else a_look
	fi
}

# By the operator's word something may be lost, or there may be two masters.
forced_command() {
	case $1 in
	0 | 1 | 2 | 3) pick_end replica; said=(zrep "$at" "${t[@]}" -y takeover -L "$d") ;;
	4 | 5) pick_end leader; said=(zrep "$at" "${t[@]}" -y failover -L "$d") ;;
	6) pick_end leader; said=(zrep "$at" "${t[@]}" -y failover -L --discard "$d") ;;
	7) pick_end any; said=(zrep "$at" "${t[@]}" -y rejoin --discard "$d") ;;
	8) pick_end any; said=(zrep "$at" "${t[@]}" -y rejoin --force "$d") ;;
	9) pick_end any; pick sync refresh synconly; said=(zrep "$at" "${t[@]}" -y "$REPLY" -f "$d") ;;
	10) pick_end any; said=(zrep "$at" "${t[@]}" -y takeover -L --force "$d") ;;
	11) pick_end replica; a_snap; said=(zrep "$at" "${t[@]}" -y takeover -L "$d$REPLY") ;;
	12) pick_end leader; a_snap; said=(zrep "$at" "${t[@]}" -y sync "$d$REPLY") ;;
	13) pick_end leader; a_snap; said=(zrep "$at" "${t[@]}" -y failover -L "$d$REPLY") ;;
	14) pick_end leader; said=(zrep "$at" "${t[@]}" changeconfig "$d" "${peer% *}" "${peer#* }") ;;
	15) pick_end replica; said=(zrep "$at" "${t[@]}" changeconfig -d "$d" "${peer% *}" "${peer#* }") ;;
	esac
}
# a_snap: in $REPLY "@" and one of the dataset's, or nothing.
a_snap() {
	local all
	read -ra all <<<"${parts[$at $d]:-}"
	REPLY=
	[[ ${#all[@]} -gt 0 ]] || return 0
	rnd ${#all[@]}
	REPLY=@${all[REPLY]}
}

a_look() {
	pick_end any
	pick status 'status -a' 'status -v' 'status -m' check 'check -v' doctor doctor '-n sync' '-n failover' '-n takeover' '-n rejoin' \
		'-n refresh' '-n expire' '-n doctor --fix' 'list -v' lastsent uptodate '-n takeover -L' '-n failover -L' '--json status' '--json doctor'
	# shellcheck disable=SC2206
	said=(zrep "$at" "${t[@]}" $REPLY "$d")
}

# call_number: in $REPLY the number of a ZFS call of the command in `said`, early ones more often; there may be fewer.
call_number() {
	local most=80 changes=10 n
	[[ " ${said[*]} " != *' failover '* && " ${said[*]} " != *' takeover '* && " ${said[*]} " != *' rejoin '* ]] || most=240 changes=20
	if chance 70; then most=$changes; else changes=''; fi
	rnd "$most"
	n=$REPLY
	rnd "$most"
	[[ $REPLY -le $n ]] || REPLY=$n
	REPLY=${changes:+m}$((REPLY + 1))
}
# an_end: in $REPLY a host that the command in `said` is about, if it is one of a pair's.
an_end() { pick "$at" "${peer% *}"; }

# another: in the array `line` what comes in the middle of a held command.
another() {
	rnd 12
	case $REPLY in
	0 | 1 | 2 | 3) line=(write) ;;
	4) pick_end any; line=(snap "$at" "$d" "auto-$round") ;;
	5) pick_end any; rnd 5; line=(prune "$at" "$d" "$REPLY") ;;
	6) line=(drop) ;;
	7) pick "${hosts[@]}"; line=(power "$REPLY") ;;
	*) a_command; line=("${said[@]}") ;;
	esac
}

# next_event ROUND: in the array `event`.
next_event() {
	local host n when target
	round=$1
	sow "$seed_of_walk" "$round"
	also_write=''
	! chance 45 || also_write=yes
	for host in "${!down[@]}"; do ! chance 60 || { event_line=(start "$host"); return; }; done
	if [[ $cut == yes ]] && chance 60; then event_line=(join); return; fi
	rnd 100
	n=$REPLY
	if [[ $n -lt 8 ]]; then event_line=(write)
	elif [[ $n -lt 10 && $profile != image ]]; then rnd ${#members[@]}; event_line=(move "$REPLY")
	elif [[ $n -lt 14 ]]; then pick_end any; event_line=(snap "$at" "$d" "auto-$round")
	elif [[ $n -lt 16 ]]; then pick_end any; rnd 5; event_line=(unsnap "$at" "$d" "$REPLY")
	elif [[ $n -lt 19 ]]; then pick_end any; rnd 7; event_line=(prune "$at" "$d" "$REPLY")
	elif [[ $n -lt 21 ]]; then pick "${hosts[@]}"; event_line=(power "$REPLY")
	elif [[ $n -lt 23 ]]; then event_line=(cut)
	elif [[ $n -lt 28 ]]; then pick_end any; event_line=(promise "$at" "$the_tag" "$d")
	elif [[ $n -lt 31 && $profile == image ]]; then pick "${hosts[@]}"; event_line=(save "$REPLY")
	elif [[ $n -lt 35 && $profile == image && ${#saved[@]} -gt 0 ]]; then pick "${!saved[@]}"; event_line=(back "$REPLY")
	elif [[ $n -lt 36 && $profile != calm && ${#links[@]} -eq 1 ]] && chance 40; then event_line=(anew zrep)
	elif [[ $n -lt 56 ]]; then
		a_deed
		call_number; when=$REPLY
		pick zrep zrep zrep host host both; target=$REPLY
		an_end; host=$REPLY
		pick before after; event_line=(crash "$host" "$when" "$REPLY" "$target" : "${said[@]}")
	elif [[ $n -lt 63 ]]; then
		a_deed
		rnd 40; n=$((REPLY + 1))
		pick cut cut zrep "${hosts[@]}"; target=$REPLY
		pick before mid after; event_line=(frame "$n" "$REPLY" "$target" : "${said[@]}")
	elif [[ $n -lt 78 ]]; then
		a_deed
		event_line=("${said[@]}")
		call_number; when=$REPLY
		an_end; host=$REPLY
		another
		event_line=(hold "$host" "$when" : "${event_line[@]}" : "${line[@]}")
	elif [[ $n -lt 82 ]]; then
		a_deed
		event_line=("${said[@]}")
		a_deed
		event_line=(beside "${event_line[@]}" : "${said[@]}")
	else
		a_command
		event_line=("${said[@]}")
	fi
}

random_walk() { # SEED
	local some s how n
	name=$1 seed_of_walk=$1
	sow "$1" 0
	some=()
	for s in pair renamed local star chain; do
		case $s in star | chain) n=3 ;; *) n=2 ;; esac
		[[ ${only_hosts:-$n} -ne $n ]] || some+=("$s")
	done
	pick "${some[@]}" "${some[@]:0:1}"
	s=${only_layout:-$REPLY}
	pick calm calm force force image
	how=${only_profile:-$REPLY}
	wrong=()
	: >"$top/log"
	: >"$top/events"
	done_rounds=0
	event begin "$s" "$how" || return 1
	for ((done_rounds = 0; done_rounds < rounds && SECONDS < deadline; done_rounds++)); do
		next_event $((done_rounds + 1))
		[[ -z $also_write || ${event_line[0]} == write ]] || event write || return 1
		event "${event_line[@]}" || return 1
	done
	event settle
}

# replay_events FILE: what fails is the same, as far as processes go.
replay_events() {
	local words lines line
	wrong=()
	: >"$top/log"
	: >"$top/events"
	mapfile -t lines < <(grep -vE '^ *(#|$)' "$1")
	for line in "${lines[@]}"; do
		read -ra words <<<"$line"
		event "${words[@]}" || return 1
	done
}

# shrink_events FILE: leaves events out, half of them, a quarter and so on, as long as it fails in the same way.
shrink_events() {
	local lines try n i want all
	kind() { head -n 1 <<<"${wrong[0]:-}" | sed 's/ (.*//; s/[0-9]\{2,\}/N/g; s/w[0-9]*,/W,/; s/`.*`/CMD/'; }
	if replay_events "$1"; then echo "run: $1 does not fail"; return 1; fi
	want=$(kind)
	echo "it fails: $want"
	mapfile -t lines <"$top/events" # nothing after the failure
	for ((n = (${#lines[@]} - 2) / 2; n >= 1; n = n > 1 ? n / 2 : 0)); do
		for ((i = 1; i + n < ${#lines[@]};)); do
			try=("${lines[@]:0:i}" "${lines[@]:i+n}")
			printf '%s\n' "${try[@]}" >"$top/try"
			if ! replay_events "$top/try" && [[ $(kind) == "$want" ]]; then
				mapfile -t lines <"$top/events"
				echo "$((${#lines[@]})) events"
				printf '%s\n' "${lines[@]}" >"$1.short"
			else
				i=$((i + n))
			fi
		done
	done
	printf '%s\n' "${lines[@]}" >"$1.short"
	replay_events "$1.short"
	name=short
	failed_walk
}
