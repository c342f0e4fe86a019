# shellcheck shell=bash
# The stories of the master's role: it moves from host1 to host2, by a planned change or by force, or a former master
# comes back. Sourced by run; stories.sh says what a story is made of. After the crash each host gets a command, and
# then the operator says again what he said first; rolecheck.sh looks at both hosts in between.

role_stories=(failover takeover failover-same failover-tree failover-new orphan takeover-alone takeover-snap drop drop-discard
	rejoin rejoin-discard rejoin-winner undo finish finish-there)
stories+=("${role_stories[@]}")
about+=(
	[failover]='the role moves: said on the master, with unsent data'
	[takeover]='the role moves: said on the replica, with unsent data'
	[failover-same]='the role moves, and nothing was written since the last sync'
	[failover-tree]='the role of two datasets moves, one below the other'
	[failover-new]='the role of a recursive pair moves, with a dataset that was just made'
	[orphan]='the master gave up (failover -L), and the replica takes over'
	[takeover-alone]='takeover -L, while the master has unsent data'
	[takeover-snap]='takeover -L @SNAP, with newer data on both sides'
	[drop]='failover -L with unsent data, which is kept'
	[drop-discard]='failover -L --discard with unsent data'
	[rejoin]='a superseded master with data of its own comes back, keeping it'
	[rejoin-discard]='the same with --discard'
	[rejoin-winner]='the same, keeping, said on the side that won'
	[undo]='a change that stopped before the decision is undone'
	[finish]='a change that stopped after the decision is finished'
	[finish-there]='the same, said on the new master'
)
size+=(
	[failover]='129 14 101 13 47' [takeover]='105 14 123 13 47' [failover-same]='113 8 97 8 31'
	[failover-tree]='191 17 162 16 54' [orphan]='74 5 109 7 19' [takeover-alone]='0 0 134 8 0'
	[takeover-snap]='0 0 384 22 0' [drop]='337 18 0 0 0' [drop-discard]='318 14 0 0 0'
	[rejoin]='266 19 183 9 28' [rejoin-discard]='249 15 179 9 27' [rejoin-winner]='242 19 210 9 54'
	[failover-new]='359 23 247 20 129' [undo]='168 4 160 2 13' [finish]='301 5 312 7 24' [finish-there]='310 5 312 7 20'
)
# forced: two masters may be. nobody: none may be. one_sided: back to what the other side need not hold. discards: the
# operator gave up what host1 alone has.
declare -A forced=([takeover-alone]=yes [takeover-snap]=yes [drop]=yes [drop-discard]=yes [rejoin]=yes
	[rejoin-discard]=yes [rejoin-winner]=yes)
declare -A one_sided=([takeover-snap]=yes) discards=([drop-discard]=yes [rejoin-discard]=yes)
declare -A own_guid # of the datasets that are below a story's and none of zrep's
nobody=no writes=0
unborn='' # the pair that is none yet

is_role_story() { [[ " ${role_stories[*]} " == *" $story "* ]]; }

# all_on HOST: in the array `all` what the pairs are called there.
all_on() {
	local i
	all=()
	for i in "${!pairs[@]}"; do
		name_on "$1" "$i"
		all+=("$REPLY")
	done
}
top_on() { name_on "$1" 0; }

# quietly HOST CMD...: in the beginning of a story, where it must work.
quietly() {
	local host=$1
	shift
	on "$host" "$@" >"$work/beginning" 2>&1 || { cat "$work/beginning"; return 1; }
}

# --- beginnings ---

# below HOST DATASET: what somebody made there, for himself.
below() {
	on "$1" zfs create "$2/own" || return 1
	own_guid[$1 $2]=$(on "$1" zfs get -Hpo value guid "$2/own")
}

lasting+=(own_guid acked said_epoch foreign writes nobody moment is sets parts next)
role_make() {
	own_guid=()
	one_pair
}
role_make_below() {
	role_make && below host1 "${pairs[0]% *}" && below host2 "${pairs[0]#* }"
}

# role_fresh: in step, host1 the master, and no write is remembered yet.
role_fresh() {
	rm -f "$files"/*
	acked=() said_epoch=() foreign=() writes=0 nobody=no
	role_look
}

# put_all FILE BYTES: on host1, into every dataset.
put_all() {
	local i
	for i in "${!pairs[@]}"; do write_ack host1 "$i" "$1" "$2" || return 1; done
}
# snap_all: somebody's snapshots.
snap_all() {
	local all names=() d
	all_on host1
	for d in "${all[@]}"; do names+=("$d@mine-$telling"); done
	on host1 zfs snapshot "${names[@]}"
}
unsent() { put_all a 20000 && snap_all && put_all b 30000; }

# superseded: host2 became the master by force, and both sides were written to since.
superseded() {
	unsent && top_on host2 && quietly host2 zrep -y takeover -L "$REPLY" && role_look &&
		write_ack host2 0 v 20000 && write_ack host1 0 u 20000
}

# What a story begins with is in order, and what it must not lose is noted.
role_begun() {
	local host d s
	moment='before the command'
	role_look
	for host in host1 host2; do
		for d in ${sets[$host]:-}; do
			for s in ${parts[$host $d]:-}; do
				is_own "$s" || foreign["$host ${is[$host $d@$s guid]}"]=$s
			done
		done
	done
	check_roles
}

failover_make() { role_make; }
failover_start() { role_fresh && unsent; }
failover_tell() { teller=host1 command=(zrep failover "${pairs[0]% *}"); }

takeover_make() { role_make; }
takeover_start() { role_fresh && unsent; }
takeover_tell() { teller=host2 command=(zrep takeover "${pairs[0]#* }"); }

failover-same_make() { role_make; }
failover-same_start() {
	role_fresh && put_all a 20000 && top_on host1 && quietly host1 zrep sync "$REPLY"
}
failover-same_tell() { failover_tell; }

failover-tree_make() {
	role_make || return 1
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	on host1 zfs create "$src/c" && quietly host1 zrep init "$src/c" host2 "$dst/c" &&
		on host1 zfs set zrep:savecount=3 "$src/c" && on host2 zfs set zrep:savecount=3 "$dst/c" || return 1
	pairs+=("$src/c $dst/c")
}
failover-tree_start() { role_fresh && unsent; }
failover-tree_tell() { failover_tell; }

# What was made in a tree, n, is a pair as soon as the first command has come so far.
failover-new_make() {
	role_make || return 1
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	on host1 zfs create "$src/c" && quietly host1 zrep -R sync "$src" && on host1 zfs set zrep:savecount=3 "$src/c" &&
		on host2 zfs set zrep:savecount=3 "$dst/c" || return 1
	pairs+=("$src/c $dst/c" "$src/n $dst/n")
}
failover-new_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	on host1 zfs create "$src/n" || return 1
	unborn=2
	role_fresh && unsent
}
failover-new_tell() { failover_tell; }

orphan_make() { role_make; }
orphan_start() {
	role_fresh && put_all a 20000 && top_on host1 && quietly host1 zrep sync "$REPLY" &&
		quietly host1 zrep -y failover -L "$REPLY" || return 1
	nobody=yes
}
orphan_tell() { takeover_tell; }

takeover-alone_make() { role_make; }
takeover-alone_start() { role_fresh && unsent; }
takeover-alone_tell() { teller=host2 command=(zrep -y takeover -L "${pairs[0]#* }"); }

takeover-snap_make() { role_make_below; }
takeover-snap_start() {
	role_fresh && unsent && top_on host1 && quietly host1 zrep sync "$REPLY" && put_all c 30000
}
takeover-snap_tell() { teller=host2 command=(zrep -y takeover -L "${pairs[0]#* }@mine-$telling"); }
# What host2 had, and went back behind, is kept there.
takeover-snap_end() {
	local d
	kept_of host2 "${pairs[0]#* }"
	for d in $REPLY; do ! has_file host2 "$d" 0.b || return 0; done
	mistake "2: 0.b was on host2 and newer than the snapshot, and is not kept there"
}

drop_make() { role_make_below; }
drop_start() { role_fresh && unsent && nobody=yes; }
drop_tell() { teller=host1 command=(zrep -y failover -L "${pairs[0]% *}"); }

drop-discard_make() { role_make_below; }
drop-discard_start() { drop_start; }
drop-discard_tell() { teller=host1 command=(zrep -y failover -L --discard "${pairs[0]% *}"); }

rejoin_make() { role_make_below; }
rejoin_start() { role_fresh && superseded; }
rejoin_tell() { teller=host1 command=(zrep -y rejoin "${pairs[0]% *}"); }

rejoin-discard_make() { role_make_below; }
rejoin-discard_start() { role_fresh && superseded; }
rejoin-discard_tell() { teller=host1 command=(zrep -y rejoin --discard "${pairs[0]% *}"); }

rejoin-winner_make() { role_make_below; }
rejoin-winner_start() { role_fresh && superseded; }
rejoin-winner_tell() { teller=host2 command=(zrep -y rejoin "${pairs[0]#* }"); }

# making_way: host1 has left its place for host2, as a crash would have left it (DESIGN.md, "What is stored").
making_way() {
	role_look
	top_on host1
	epoch_of host1 "$REPLY"
	next=$((REPLY + 1))
	top_on host1
	on host1 zfs set "zrep:switch=leaving $next" zrep:readonly=inherited readonly=on "$REPLY"
}

undo_make() { role_make; }
undo_start() { role_fresh && unsent && making_way; }
undo_tell() { teller=host1 && all_on host1 && command=(zrep doctor --fix "${all[@]}"); }

finish_make() { role_make; }
finish_start() {
	failover-same_start && making_way || return 1
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	newest host2 "$dst"
	on host2 zfs set zrep:src-host=host2 "zrep:src-fs=$dst" zrep:dest-host=host1 "zrep:dest-fs=$src" zrep:master=yes \
		"zrep:switch=entering $next" "zrep:epoch=$next" "zrep:fork=${is[host2 $dst@$REPLY guid]}" "zrep:since=$(date +%s)" "$dst"
}
finish_tell() { undo_tell; }

finish-there_make() { role_make; }
finish-there_start() { finish_start; }
finish-there_tell() { teller=host2 && all_on host2 && command=(zrep doctor --fix "${all[@]}"); }

# --- after the crash ---

# at_rest: until no zrep of either host, and nothing that one started, is still at work.
at_rest() {
	local i
	for ((i = 0; i < 250; i++)); do
		ask busy "$LAB_DIR"
		[[ -n $answer ]] || return 0
		pause 0.04
	done
	while read -r i; do wrong "5: still at work: $i"; done <"$work/answer"
}

# order HOST LOG CMD...: says it there, and again while what died there is still busy. Its status.
order() {
	local teller=$1 log=$2 i status=4
	local command=("${@:3}")
	for ((i = 0; i < 50 && status == 4; i++)); do
		[[ $i -eq 0 ]] || sleep 0.1
		tell "$log"
		status=$?
	done
	return "$status"
}

# look_again WHEN
look_again() {
	moment=$1
	role_look
	if is_set_story; then set_check; else check_roles; fi
}

# a_command HOST NUMBER: in the array `said` one that fits there.
a_command() {
	local all top
	if is_set_story; then
		set_command "$@"
		return
	elif is_yield_story; then
		yield_command "$@"
		return
	fi
	all_on "$1"
	top=${all[0]}
	case $1.$(($2 % 4)).$story in
	*.0.*) said=(zrep doctor --fix "${all[@]}") ;;
	*.1.*) said=(zrep sync "${all[@]}") ;;
	*.2.*) said=(zrep -y rejoin "${all[@]}") ;;
	"$teller".3.*) said=("${command[@]}") ;;
	host2.3.*) said=(zrep takeover "$top") ;;
	# What would make host2 the master by a plan, before it is by force, makes another story of it.
	host1.3.takeover-*) said=(zrep doctor --fix "$top") ;;
	host1.3.*) said=(zrep failover "$top") ;;
	esac
}

# crash_again HOST: a command that would recover does not come to its end either: cut off, or killed, or a host is.
crash_again() {
	local said how when=before host=host1
	a_command "$1" $((lot / 11))
	local teller=$1 command=("${said[@]}")
	! is_yield_story || about_to "$1" "${said[@]}"
	case $((lot / 3 % 2)) in 1) when=after ;; esac
	case $((lot / 7 % 2)) in 1) host=host2 ;; esac
	how="$when $((lot / 23 % 10 + 1)) on $host"
	case $((lot / 19 % 3)) in
	0)
		how="frame $((lot / 23 % 24 + 1))"
		tell "$work/2-$1" "SSH=framecut ${how#* } mid cut $work/frames ssh"
		;;
	1)
		tell_host "$host" arm -m $((lot / 23 % 10 + 1)) "$when" zrep
		tell "$work/2-$1"
		;;
	2)
		tell_host "$host" arm -m $((lot / 23 % 10 + 1)) "$when" host
		tell "$work/2-$1"
		{ tell_host "$host" armed && [[ $answer == armed* ]]; } || fallen "$host"
		revive || wrong "a host does not start"
		;;
	esac
	tell_host "$host" disarm
	look_again "after another crash in \`${said[*]}\` on $1: $how"
	if is_set_story; then set_writes; else applications; fi
}

role_after() {
	local host hosts=(host1 host2) all said status top1 top2
	top_on host1; top1=$REPLY
	top_on host2; top2=$REPLY
	# In every second case the next look comes at once, before what is left of the first command has died.
	[[ $((lot / 72 % 2)) -eq 0 ]] || at_rest
	! is_yield_story || said_so "$first_status" "${command[@]}"
	look_again 'after the crash'
	[[ $first_status -ne 0 ]] || check_told
	applications
	! is_same || return 0
	[[ $((lot / 5 % 2)) -eq 0 ]] || hosts=(host2 host1)
	[[ $((lot / 3 % 3)) -ne 0 ]] || crash_again "${hosts[0]}"
	at_rest
	for host in "${hosts[@]}"; do
		a_command "$host" $((lot / 13))
		[[ $host != host1 ]] || a_command "$host" $((lot / 59))
		! is_yield_story || about_to "$host" "${said[@]}"
		order "$host" "$work/3-$host" "${said[@]}"
		status=$?
		! is_yield_story || said_so "$status" "${said[@]}"
		case ${said[1]}.$status in
		status.0 | [!s]*.[013] | sync.[013]) ;;
		*) wrong "5: \`${said[*]}\` on $host exits with $status" ;;
		esac
		look_again "after \`${said[*]}\` on $host"
		[[ $host != "${hosts[1]}" ]] || check_whole
		applications
	done
	if is_yield_story; then
		yield_again
	else
		order "$teller" "$work/4-$teller" "${command[@]}" || wrong "5: run again, \`${command[*]}\` exits with $?"
		look_again 'after the command was said again'
		check_whole
	fi
	! declare -F "${story}_end" >/dev/null || "${story}_end"
	case $story in
	takeover-alone | takeover-snap) order host1 "$work/5-host1" zrep -y rejoin "$top1" || wrong "5: the rejoin exits with $?" ;;
	drop* | undo) order host2 "$work/5-host2" zrep takeover "$top2" || wrong "5: the takeover exits with $?" ;;
	esac
	nobody=no closed=''
	# The role moves back in any case, with a sync of its own; in every second case another one comes first.
	if [[ $story == takeover-* || $story == drop* || $story == undo || $((lot / 17 % 2)) -eq 0 ]]; then
		all_on host2
		order host2 "$work/6-host2" zrep sync "${all[@]}" || wrong "5: a sync of the new master exits with $?"
		look_again 'after a sync of the new master'
		check_whole
		check_in_step host2
	fi
	# So that a snapshot of zrep's will be the base, and somebody's can go.
	applications
	[[ ${#wrong[@]} -gt 0 ]] || role_home
}

# role_home: host1 is the master again.
role_home() {
	local top1 top2
	top_on host1; top1=$REPLY
	top_on host2; top2=$REPLY
	# Asked for by turns on either side.
	if [[ $((lot / 29 % 2)) -eq 0 ]]; then
		order host1 "$work/7-host1" zrep takeover "$top1" || wrong "5: back again, the takeover exits with $?"
	else
		order host2 "$work/7-host2" zrep failover "$top2" || wrong "5: back again, the failover exits with $?"
	fi
	look_again 'when the role had moved back'
	check_whole
	check_in_step host1
}
