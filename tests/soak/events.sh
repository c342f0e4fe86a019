# shellcheck shell=bash
# What can happen in a walk: each event is a line of words, which is noted, carried out, and can be replayed. Sourced by
# run. What a line leaves open (which snapshot, say) is found out from what is there, in the same way each time.
#
#   begin LAYOUT PROFILE              the hosts as they are at the beginning of a walk
#   write                             applications write, on whatever is a master that can be written to
#   zrep HOST ARG...                  a command is typed there
#   crash HOST [m]N before|after zrep|host|both : zrep HOST ARG...
#                                     and something dies at the Nth ZFS call on the first host (mN: of those that change)
#   frame N before|mid|after cut|zrep|HOST : zrep HOST ARG...
#                                     or at the Nth frame of its connection
#   hold HOST [m]N : zrep HOST ARG... : EVENT
#                                     or it stops at that call, the other event comes, and it goes on
#   beside zrep HOST ARG... : zrep HOST ARG...
#                                     two commands at a time
#   power HOST, start HOST            the power fails, and is back
#   cut, join, drop                   the network falls silent, is back, resets connections
#   save HOST, back HOST              an image of its pool is kept; the host is set back to it
#   snap HOST DATASET NAME            somebody else's snapshot; unsnap HOST DATASET N: he destroys the Nth of his
#   prune HOST DATASET N              somebody destroys the Nth of zrep's snapshots that nobody holds
#   promise HOST TAG DATASET          if check says OK, then a change of role succeeds
#   move N                            the Nth member gets another name, or its own again, and both sides are told
#   anew TAG                          the operator gives the pair up, puts the replica aside, and makes another one
#   settle                            the operator brings everything in order, with what zrep tells him to do

# A layout: its members, and its links, TAG FROM TO, by the members' numbers.
declare -A shape=(
	[pair]='host1:tank/a host2:tank/a;zrep 0 1'
	[renamed]='host1:tank/a host2:tank/far/b;zrep 0 1'
	[local]='host1:tank/a host2:tank/a host2:tank/far/c;zrep 0 1;c 0 2'
	[star]='host1:tank/a host2:tank/a host3:tank/far/b;zrep 0 1;c 0 2'
	[chain]='host1:tank/a host2:tank/a host3:tank/a;zrep 0 1;c 1 2'
)
members=() links=() hosts=()

wrong=()
wrong() { wrong+=("$*"); }
note() { printf '%s\n' "$*" >>"$top/log"; [[ -z $verbose ]] || printf '%s\n' "$*"; }

on() { # HOST CMD...
	local -n its=env_$1
	env "${its[@]}" "${@:2}"
}
uzctl() { UZFS_SOCK=$LAB_DIR/$1/sock "$LAB_DIR/uzfs/uzctl" "${@:2}"; }
exec {tick}<> <(:) # nothing ever comes from there
pause() { read -rt "$1" -u "$tick"; }
is_own() { [[ $1 =~ ^(zrep|c)_[0-9a-f]{6,10}(_unsent)?$ ]]; }
# others HOST [FILE DATASET NAME]...: in the array `others` the numbers of those that are not the same there.
others() {
	local said n
	others=()
	[[ $# -gt 1 ]] || return 0
	mapfile -t said < <(uzctl "$1" same "${@:2}" 2>/dev/null)
	for ((n = 0; n < ($# - 1) / 3; n++)); do [[ ${said[n]:-} == same ]] || others+=("$n"); done
}
is_up() { [[ -z ${down[$1]:-} ]]; }
all_up() { [[ ${#down[@]} -eq 0 && $cut == no ]]; }

# --- a walk begins ---

declare -A down saved strength foreign pruned base_ok last_written aside
ev_begin() { # LAYOUT PROFILE
	local part list host ds m
	layout=$1 profile=$2
	members=() links=() hosts=()
	IFS=';' read -ra list <<<"${shape[$layout]}"
	for m in ${list[0]}; do
		members+=("${m%:*} ${m#*:}")
		[[ " ${hosts[*]} " == *" ${m%:*} "* ]] || hosts+=("${m%:*}")
	done
	links=("${list[@]:1}")
	rm -f "$files"/*
	"$lab" join
	if [[ -d $LAB_SAVED/$layout ]]; then
		"$lab" restore "$layout" "${hosts[@]}" || { wrong "the hosts do not start"; return 1; }
	else
		"$lab" restore bare "${hosts[@]}" && first_words && "$lab" save "$layout" "${hosts[@]}" ||
			{ wrong "the walk cannot begin"; return 1; }
	fi
	acked=() strength=() foreign=() said_epoch=() pruned=() aside=() down=() saved=() last_written=() base_ok=([zrep]=1 [c]=1)
	cut=no forced=no image=no writes=0 olds=0 given_up=0 weak=() commands=0 refused=0 killed=0 settled_with=0
	crashed=no discarding=no set_back=no c_verb='' alone=yes led_before=-1
	# What was set back is to have something in common with the other side, as often as not.
	if [[ $profile == image ]]; then
		for m in "${members[@]}"; do on "${m% *}" zfs set zrep:savecount=6 "${m#* }"; done
	fi
	moment=beginning
	check_now
}

first_words() {
	local m host ds link tag from to
	for m in "${members[@]}"; do
		read -r host ds <<<"$m"
		[[ $ds != tank/far/* ]] || on "$host" zfs create tank/far || return 1
	done
	read -r host ds <<<"${members[0]}"
	on "$host" zfs create "$ds" && head -c 30000 /dev/urandom | uzctl "$host" put "$ds" first || return 1
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		read -r host ds <<<"${members[from]}"
		# shellcheck disable=SC2086 # two words
		on "$host" zrep -t "$tag" init "$ds" ${members[to]} >>"$top/log" 2>&1 || return 1
		for m in "${members[from]}" "${members[to]}"; do on "${m% *}" zfs set "$tag:savecount=3" "${m#* }"; done
	done
}

# --- commands ---

# tell HOST OUT [NAME=VALUE...] -- ARG...: a zrep there; it must never hang, however slow the machine is.
tell() {
	local host=$1 out=$2 vars=() slow
	local -n its=env_$host
	shift 2
	while [[ $1 != -- ]]; do vars+=("$1"); shift; done
	shift
	read -r slow _ <"$top/clock"
	if [[ $cut == yes ]]; then vars+=(ZREP_TIMEOUT=5); else vars+=("ZREP_TIMEOUT=$((15 * slow / 100))"); fi
	local most=("$((slow < 600 ? slow : 600))")
	# What stays is told to end, after some rounds.
	[[ " $* " != *' run '* ]] || most=(--preserve-status "$((slow < 200 ? 3 : slow / 60))")
	{ timeout -k 20 "${most[@]}" env "${its[@]}" "${vars[@]}" zrep "$@" </dev/null >"$out" 2>&1; } 2>/dev/null
}

# words_of ARG...: in c_verb, c_tag, c_opts, c_ds and c_snap what a command line says.
words_of() {
	c_verb='' c_tag=zrep c_opts=' ' c_ds='' c_snap=''
	while [[ $# -gt 0 ]]; do
		case $1 in
		-t) c_tag=${2:-}; shift ;;
		--limit | --timeout) shift ;;
		-*) c_opts+="$1 " ;;
		*) if [[ -z $c_verb ]]; then c_verb=$1; elif [[ -z $c_ds ]]; then c_ds=$1; fi ;;
		esac
		shift
	done
	[[ $c_ds != *@* ]] || { c_snap=${c_ds#*@} c_ds=${c_ds%@*}; }
}
has_opt() { [[ $c_opts == *" $1 "* ]]; }
only_looks() { has_opt -n || [[ $c_verb =~ ^(status|check|list|lastsent|uptodate)$ || ($c_verb == doctor && $c_opts != *' --fix '*) ]]; }

# judge STATUS OUT HOST ARG...: what it said is noted, and must be fit to be said.
judge() {
	local status=$1 out=$2 host=$3 said
	shift 3
	said=$(tr -d '\0' <"$out")
	note "$host\$ zrep $*"
	[[ -z $said ]] || note "$said"
	note "[$status]"
	commands=$((commands + 1))
	words_of "$@"
	case $status in
	124) mistake "5: \`zrep $*\` on $host hangs" ;;
	132 | 134 | 135 | 136 | 139) mistake "5: \`zrep $*\` on $host died of itself: SIG$(kill -l "$status")" ;;
	[345])
		[[ $c_verb == check || $c_verb == status ]] || refused=$((refused + 1))
		# A plan that is only shown (-n) has it in a line of its own.
		[[ $c_verb =~ ^(check|status|doctor)$ || $said == *'-> '* || $said == *$'\n  remedy: '* ]] || mistake "5: \`zrep $*\` on $host exits with $status and says no remedy"
		;;
	2)
		[[ $c_verb == check || $c_verb == status ]] || mistake "5: \`zrep $*\` on $host: the command line is wrong?"
		;;
	esac
	case $said in
	*AddressSanitizer* | *'runtime error:'* | *LeakSanitizer* | *'Assertion '* | *'a fault of zrep'*)
		mistake "5: \`zrep $*\` on $host reports a fault of its own"
		;;
	esac
}

# The words of the command about to be given at HOST: what they allow to be lost, or to be so for a time.
weaken() {
	local file to=()
	words_of "${@:2}"
	! only_looks || return 0
	case $c_verb in
	takeover | failover)
		has_opt -L || has_opt --force || return 0
		forced=yes
		if [[ -n $c_snap || $c_verb == failover ]]; then
			soften firm loose
			[[ -z $c_snap ]] || base_ok[$c_tag]=''
		elif is_up "$1"; then
			for file in "${!strength[@]}"; do [[ ${strength[$file]} != firm ]] || to+=("$files/$file" "$c_ds" "$file"); done
			others "$1" "${to[@]}"
			for file in "${others[@]}"; do strength[${to[file * 3 + 2]}]=loose; done
		fi
		! has_opt --discard || { soften loose free; discarding=yes; }
		;;
	rejoin)
		! has_opt --force || { forced=yes; soften firm loose; }
		! has_opt --discard || { soften loose free; discarding=yes; }
		;;
	sync | refresh | synconly)
		has_opt -f || [[ -n $c_snap ]] || return 0
		soften loose free
		discarding=yes
		;;
	init) ! has_opt -f || { soften loose free; discarding=yes; } ;;
	changeconfig | sentsync) ! has_opt -f || { forced=yes base_ok[$c_tag]=''; } ;;
	esac
}
soften() { # FROM TO
	local file
	for file in "${!strength[@]}"; do [[ ${strength[$file]} != "$1" ]] || strength[$file]=$2; done
}

# everything: what all hosts hold.
everything() {
	local host
	for host in "${hosts[@]}"; do
		is_up "$host" || continue
		on "$host" zpool sync
		uzctl "$host" list tank | sed "s/^/$host /"
	done
}

# A way back behind all that another tag's pair has in common says so before.
bases_given_up() { # [FILE]: what was said
	local given
	while read -r given; do
		[[ -z $given ]] || base_ok[$given]=''
	done < <(sed -nE 's/^zrep: tag ([a-z]+): all that .* has in common .* has to be made anew afterwards$/\1/p' "${1:-$top/out}")
}

ev_zrep() { # HOST ARG...
	local host=$1 status
	shift
	is_up "$host" || { note "$host is off"; return 0; }
	weaken "$host" "$@"
	! only_looks || everything >"$top/before"
	tell "$host" "$top/out" -- "$@"
	status=$?
	judge "$status" "$top/out" "$host" "$@"
	bases_given_up
	said_status=$status
	only_looks || return 0
	everything >"$top/after"
	cmp -s "$top/before" "$top/after" ||
		mistake "4: \`zrep $*\` on $host changed something: $(diff "$top/before" "$top/after" | grep '^[<>]' | head -n 6 | paste -sd ';')"
}

# split_at NUMBER WORD...: `first` are the words before that colon, `rest` those behind it.
split() {
	first=() rest=()
	while [[ $# -gt 0 && $1 != : ]]; do first+=("$1"); shift; done
	shift
	rest=("$@")
}

# fallen HOST: waits for a power loss under way; the daemon is the last to go.
fallen() {
	local i
	for ((i = 0; i < 500; i++)); do
		[[ $(uzctl "$1" armed 2>&1) != *'is off'* ]] || return 0
		pause 0.02
	done
	mistake "5: $1 does not die"
}
revive() {
	local host
	for host in "${hosts[@]}"; do
		is_up "$host" || continue
		uzctl "$host" armed >/dev/null 2>&1 || "$lab" start "$host" || mistake "5: $host does not start"
	done
}
arm() { # HOST [m]N WORD...
	local n=$2
	if [[ $n == m* ]]; then set -- "$1" -m "${n#m}" "${@:3}"; fi
	uzctl "$1" arm "${@:2}" >/dev/null
}

ev_crash() { # HOST [m]N before|after zrep|host|both : zrep HOST ARG...
	local first rest status host other when target
	split "$@"
	read -r host n when target <<<"${first[*]}"
	is_up "${rest[1]}" || { note "${rest[1]} is off"; return 0; }
	is_up "$host" || { note "$host is off"; return 0; }
	crashed=yes
	weaken "${rest[@]:1}"
	arm "$host" "$n" "$when" "${target/both/host}" || mistake "5: cannot arm"
	tell "${rest[1]}" "$top/out" -- "${rest[@]:2}"
	status=$?
	if [[ $target != zrep && $(uzctl "$host" armed 2>&1) != armed* ]]; then
		fallen "$host"
		killed=$((killed + 1))
		if [[ $target == both ]]; then
			for other in "${hosts[@]}"; do [[ $other == "$host" ]] || ! is_up "$other" || "$lab" kill "$other"; done
		fi
	fi
	revive
	note "($(uzctl "$host" armed))"
	[[ $(uzctl "$host" armed) != fired* || $target != zrep ]] || killed=$((killed + 1))
	uzctl "$host" disarm >/dev/null
	judge "$status" "$top/out" "${rest[@]:1}"
	bases_given_up
}

ev_frame() { # N before|mid|after cut|zrep|HOST : zrep HOST ARG...
	local first rest status action
	split "$@"
	is_up "${rest[1]}" || { note "${rest[1]} is off"; return 0; }
	crashed=yes
	action=${first[2]}
	[[ $action != host? ]] || { is_up "$action" && [[ $action != "${rest[1]}" ]]; } || action='cut'
	[[ $action != host? ]] || action=$LAB_DIR/$action/sock
	rm -f "$top/frames"
	weaken "${rest[@]:1}"
	tell "${rest[1]}" "$top/out" "SSH=framecut ${first[0]} ${first[1]} $action $top/frames ssh" -- "${rest[@]:2}"
	status=$?
	if grep -qs ^fired "$top/frames"; then
		killed=$((killed + 1))
		[[ $action != */sock ]] || fallen "${first[2]}"
	fi
	revive
	judge "$status" "$top/out" "${rest[@]:1}"
}

# Two at a time: neither is judged by what it changes.
ev_beside() { # zrep HOST ARG... : zrep HOST ARG...
	local first rest status pid
	split "$@"
	is_up "${first[1]}" && is_up "${rest[1]}" || { note "one of them is off"; return 0; }
	alone=no
	weaken "${first[@]:1}"
	weaken "${rest[@]:1}"
	tell "${first[1]}" "$top/out" -- "${first[@]:2}" &
	pid=$!
	tell "${rest[1]}" "$top/out2" -- "${rest[@]:2}"
	status=$?
	judge "$status" "$top/out2" "${rest[@]:1}"
	bases_given_up "$top/out2"
	wait "$pid"
	judge $? "$top/out" "${first[@]:1}"
	bases_given_up
}

ev_hold() { # HOST [m]N : zrep HOST ARG... : EVENT
	local host n first rest second pid i status
	split "$@"
	read -r host n <<<"${first[*]}"
	split "${rest[@]}"
	second=("${rest[@]}")
	is_up "$host" && is_up "${first[1]}" || { note "one of them is off"; return 0; }
	alone=no
	weaken "${first[@]:1}"
	arm "$host" "$n" before wait || mistake "5: cannot arm"
	tell "${first[1]}" "$top/held" -- "${first[@]:2}" &
	pid=$!
	for ((i = 0; i < 3000; i++)); do
		[[ $(uzctl "$host" armed 2>&1) != fired* ]] || break
		kill -0 "$pid" 2>/dev/null || break
		pause 0.01
	done
	note "(held: $(uzctl "$host" armed 2>&1))"
	# It did not come so far: nobody else is to wait there for us.
	[[ $(uzctl "$host" armed 2>&1) == fired* ]] || uzctl "$host" disarm >/dev/null 2>&1
	if [[ ${second[0]} == write ]]; then look_only; fi
	happens "${second[@]}"
	uzctl "$host" disarm >/dev/null 2>&1
	wait "$pid"
	status=$?
	# What came while it stood still may go by its words as well.
	weaken "${first[@]:1}"
	judge "$status" "$top/held" "${first[@]:1}"
	bases_given_up "$top/held"
}

# --- others ---

ev_write() {
	local m host ds file
	for m in "${members[@]}"; do
		read -r host ds <<<"$m"
		is_up "$host" || continue
		is_any_master "$host" "$ds" && [[ ${is[$host $ds readonly]:-} == off ]] || continue
		writes=$((writes + 1))
		file=w$writes
		head -c $((2000 + writes * 7919 % 60000)) /dev/urandom >"$files/$file"
		if uzctl "$host" put "$ds" "$file" <"$files/$file" 2>>"$top/log"; then
			acked[$file]="$host $ds"
			strength[$file]=loose
			! is_the_leader "$host" "$ds" || strength[$file]=firm
			note "($file is written on $host, ${strength[$file]})"
		else
			rm -f "$files/$file"
		fi
	done
}

ev_power() { is_up "$1" || return 0; "$lab" kill "$1"; down[$1]=1; crashed=yes killed=$((killed + 1)); }
ev_start() { is_up "$1" || { unset "down[$1]"; "$lab" start "$1" || mistake "5: $1 does not start"; }; }
ev_cut() { [[ $cut == yes ]] || "$lab" cut; cut=yes; }
ev_join() { [[ $cut == no ]] || "$lab" join; cut=no; }
ev_drop() { "$lab" drop; crashed=yes; }
ev_save() {
	is_up "$1" || return 0
	rm -rf "$LAB_SAVED/of-$1"
	"$lab" save "of-$1" "$1" && saved[$1]=1
	crashed=yes
}
ev_back() {
	local file key tag
	[[ -n ${saved[$1]:-} ]] || return 0
	"$lab" restore "of-$1" "$1" || mistake "5: $1 does not start"
	unset "down[$1]"
	image=yes crashed=yes discarding=yes killed=$((killed + 1))
	base_ok=()
	for key in "${!said_epoch[@]}"; do [[ $key != "$1 "* ]] || unset "said_epoch[$key]"; done
	soften firm loose
	set_back=yes
}

ev_snap() { is_up "$1" || return 0; on "$1" zfs snapshot "$2@$3" 2>>"$top/log"; }
# nth HOST DATASET own|foreign N: in $REPLY the part behind the @, of those that nobody holds.
nth() {
	local s some=()
	REPLY=
	for s in ${parts[$1 $2]:-}; do
		[[ ${is[$1 $2@$s userrefs]:-0} == 0 ]] || continue
		if is_own "$s"; then [[ $3 == own ]] || continue; else [[ $3 == foreign ]] || continue; fi
		some+=("$s")
	done
	[[ ${#some[@]} -eq 0 ]] || REPLY=${some[$4 % ${#some[@]}]}
}
ev_unsnap() {
	is_up "$1" || return 0
	look_only
	nth "$1" "$2" foreign "$3"
	[[ -n $REPLY ]] || return 0
	unset "foreign[$1 ${is[$1 $2@$REPLY guid]}]"
	note "(destroys @$REPLY)"
	on "$1" zfs destroy "$2@$REPLY" 2>>"$top/log"
	pruned[$1 $2]=1
}
ev_prune() {
	is_up "$1" || return 0
	look_only
	nth "$1" "$2" own "$3"
	[[ -n $REPLY ]] || return 0
	note "(destroys @$REPLY)"
	on "$1" zfs destroy "$2@$REPLY" 2>>"$top/log"
	pruned[$1 $2]=1
}

# tagged TAG: in the array `t` how that is said.
tagged() { t=(); [[ $1 == zrep ]] || t=(-t "$1"); }

ev_promise() { # HOST TAG DATASET
	local t
	all_up || return 0
	tagged "$2"
	ev_zrep "$1" "${t[@]}" check "$3"
	[[ $said_status -eq 0 ]] || return 0
	if [[ ${is[$1 $3 $2:master]:-} == yes ]]; then
		ev_zrep "$1" "${t[@]}" failover "$3"
	else
		ev_zrep "$1" "${t[@]}" takeover "$3"
	fi
	[[ $said_status -eq 0 ]] || mistake "5: check said OK, and the role did not move"
}

# ev_move N: what an operator does, of a pair that is in order.
ev_move() {
	local i=$1 host ds new link tag from to t peer
	all_up || return 0
	look_only
	read -r host ds <<<"${members[i]}"
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		# shellcheck disable=SC2086 # two words each
		[[ $i -ne $from && $i -ne $to ]] ||
			{ is_tag_master "$tag" ${members[from]} && is_tag_replica "$tag" ${members[to]}; } ||
			{ is_tag_master "$tag" ${members[to]} && is_tag_replica "$tag" ${members[from]}; } || return 0
		[[ -z ${is[${members[from]} $tag:switch]:-}${is[${members[to]} $tag:switch]:-} ]] || return 0
	done
	if [[ $ds == */moved-* ]]; then new=${ds/moved-/}; else new=${ds%/*}/moved-${ds##*/}; fi
	on "$host" zfs rename "$ds" "$new" 2>>"$top/log" || return 0
	crashed=yes
	members[i]="$host $new"
	for tag in zrep c; do said_epoch[$host $new $tag]=${said_epoch[$host $ds $tag]:-0}; done
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		[[ $i -eq $from || $i -eq $to ]] || continue
		peer=${members[from + to - i]}
		tagged "$tag"
		if [[ ${is[$host $ds $tag:master]:-} == yes ]]; then
			ev_zrep "$host" "${t[@]}" changeconfig "$new" "${peer% *}" "${peer#* }"
			[[ $said_status -eq 0 ]] || mistake "5: changeconfig of what was renamed is refused"
			ev_zrep "${peer% *}" "${t[@]}" changeconfig -d "${peer#* }" "$host" "$new"
		else
			ev_zrep "$host" "${t[@]}" changeconfig -d "$new" "${peer% *}" "${peer#* }"
			[[ $said_status -eq 0 ]] || mistake "5: changeconfig of what was renamed is refused"
			ev_zrep "${peer% *}" "${t[@]}" changeconfig "${peer#* }" "$host" "$new"
		fi
		[[ $said_status -eq 0 ]] || mistake "5: changeconfig of the other side of what was renamed is refused"
	done
}

# ev_anew TAG: what has the master's data goes on; with zrep's pair, that of another tag on its datasets is given up, too.
ev_anew() {
	local link tag from to t a='' b ea=-1 of=()
	all_up || return 0
	look_only
	soften firm loose
	discarding=yes forced=yes crashed=yes
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		if [[ $tag == zrep ]]; then
			[[ $1 == zrep ]] || continue
			for b in "${members[to]}" "${members[from]}"; do
				# shellcheck disable=SC2086 # two words
				! is_tag_master zrep $b || { number_of zrep $b; [[ $REPLY -lt $ea ]] || ea=$REPLY a=$b; }
			done
		fi
		of+=("$tag $from" "$tag $to")
		base_ok[$tag]=''
	done
	for link in "${of[@]}"; do
		read -r tag from <<<"$link"
		tagged "$tag"
		# What is half done is ended first: clear refuses to forget it.
		[[ -z ${is[${members[from]} $tag:switch]:-} ]] || ev_zrep "${members[from]% *}" "${t[@]}" doctor --fix "${members[from]#* }"
		ev_zrep "${members[from]% *}" "${t[@]}" -y clear "${members[from]#* }"
		unset "said_epoch[${members[from]} $tag]"
	done
	for link in "${links[@]}"; do
		read -r tag from to <<<"$link"
		tagged "$tag"
		if [[ $tag == zrep ]]; then
			[[ $1 == zrep ]] || continue
			[[ -n $a ]] || a=${members[from]}
			b=${members[from + to]} # the first has the number 0
			[[ $a != "$b" ]] || b=${members[0]}
			begin_pair "$a" "$b" || return 0
		else
			# shellcheck disable=SC2086
			if look_only && is_tag_replica zrep ${members[0]}; then ev_zrep "${members[0]% *}" takeover "${members[0]#* }"; fi
			begin_pair "${members[from]}" "${members[to]}" || return 0
		fi
	done
}

# begin_pair MEMBER MEMBER: of the tag in `t`; what has the second one's name is put aside.
begin_pair() {
	olds=$((olds + 1))
	on "${2% *}" zfs rename "${2#* }" "${2#* }_old_$olds" 2>>"$top/log"
	# shellcheck disable=SC2086 # two words
	look_only && { is_any_replica $1 || on "${1% *}" zfs set readonly=off "${1#* }"; }
	ev_zrep "${1% *}" "${t[@]}" init "${1#* }" "${2% *}" "${2#* }"
	[[ $said_status -eq 0 ]] || { mistake "5: a pair cannot be made anew"; return 1; }
	on "${1% *}" zfs set "${t[1]:-zrep}:savecount=3" "${1#* }"
	on "${2% *}" zfs set "${t[1]:-zrep}:savecount=3" "${2#* }"
}

# happens WORD...: an event, without what comes before it and after it.
happens() { "ev_$1" "${@:2}"; }

# at_rest: until no zrep of these hosts, and nothing that one started, is still at work.
at_rest() {
	local i busy most slow
	[[ $cut == no ]] || return 0
	read -r slow _ <"$top/clock"
	most=$((40 * slow / 4)) # of 0.04 s: 40 seconds
	[[ ${#down[@]} -eq 0 ]] || most=$((most * 2))
	for ((i = 0; i < most; i++)); do
		# shellcheck disable=SC2046 # no blanks in these names
		busy=$(grep -lszF "UZFS_SOCK=$LAB_DIR/" $(grep -lxs -e zrep -e zfs /proc/[0-9]*/comm | sed 's/comm$/environ/') /dev/null) || return 0
		pause 0.04
	done
	for i in $busy; do mistake "5: still at work: $(tr '\0' ' ' <"${i%environ}cmdline")"; done
}

# event WORD...: noted, carried out, looked at. False if something is wrong.
event() {
	moment=$*
	printf '%s\n' "$*" >>"$top/events"
	note "== $((SECONDS - began)) s: $*"
	crashed=no discarding=no set_back=no alone=yes
	happens "$@"
	at_rest
	check_now
	[[ ${#wrong[@]} -eq 0 ]]
}
