# shellcheck shell=bash
# The stories of a set of three, A, B and C: a star (A to B, A to C) or a chain (A to B to C), in which the role moves, or
# a member comes back. Sourced by run. The third one is a second dataset on one of the two hosts, which makes the plans
# that a third host would. Told as those of roles.sh: after the crash each member gets a command, then the operator says
# again what he said first, brings all in step, and the role moves back.

set_stories=(star-failover star-back chain-failover chain-end star-takeover star-follow star-rejoin third-rejoin star-over)
stories+=("${set_stories[@]}")
about+=(
	[star-failover]='a star: the role moves from A to B, with unsent data; A passes on to C'
	[star-back]='the same, back to A'
	[chain-failover]='a chain: the role moves from A to B, which then sends to A and C'
	[chain-end]='the same, on to C'
	[star-takeover]='a star: takeover -L on B, which asks C, while A has unsent data'
	[star-follow]='the same, then: C follows B'
	[star-rejoin]='the same, then: A comes back, keeping what only it has'
	[third-rejoin]='a star: B leads by force, and C, which has more, comes back, keeping it'
	[star-over]='a star: B and C lead by force, of one epoch, and A, which followed B, comes over to C'
)
size+=(
	[star-failover]='161 13 133 12 47' [star-back]='132 12 138 13 45' [chain-failover]='133 13 130 12 78'
	[chain-end]='126 12 149 13 46' [star-takeover]='0 0 167 9 0' [star-follow]='0 0 107 14 0'
	[star-rejoin]='264 17 186 8 28' [third-rejoin]='0 0 428 22 0' [star-over]='200 15 200 15 40'
)
forced+=([star-takeover]=yes [star-follow]=yes [star-rejoin]=yes [third-rejoin]=yes [star-over]=yes)
# members: HOST DATASET each. links: TAG FROM TO each, by the members' numbers, outwards from the master, as they must be
# when all is done. home: the command, HOST first, by which the role then moves back; home_links: the links after that.
lasting+=(members links home home_links)
members=() links=() home=() home_links=()

is_set_story() { [[ " ${set_stories[*]} " == *" $story "* ]]; }
is_set_own() { [[ $1 =~ ^(zrep|c)_[0-9a-f]{6,10}(_unsent)?$ ]]; }

# --- beginnings ---

star_make() { image star new_star; }
chain_make() { image chain new_chain; }
new_set() { # MEMBER-C: the other two are where they always are
	members=('host1 tank/a' 'host2 tank/b' "$1")
	on host1 zfs create tank/a && head -c 30000 /dev/urandom >"$files/base" &&
		ask put "$files/base" 0 "$LAB_DIR/host1/sock" tank/a base && quietly host1 zrep init tank/a host2 tank/b
}
new_links() { # HOST ARG...: what makes the second one
	local m
	quietly "$1" zrep -t c init "${@:2}" || return 1
	for m in "${members[@]}"; do
		# shellcheck disable=SC2086 # two words
		on ${m% *} zfs set zrep:savecount=3 c:savecount=3 "${m#* }" || return 1
	done
	# From then on all have something in common.
	set_write 0 first 20000 && quietly host1 zrep sync tank/a
}
new_star() { new_set 'host2 tank/c' && new_links host1 tank/a host2 tank/c; }
new_chain() { new_set 'host1 tank/c' && new_links host2 tank/b host1 tank/c; }

# set_fresh: no write is remembered yet; then on A something that was not sent.
set_fresh() {
	rm -f "$files"/*
	acked=() said_epoch=() foreign=() writes=0
	role_look
	links=('zrep 1 0' 'c 0 2') home=(host2 zrep failover tank/b) home_links=('zrep 0 1' 'c 0 2')
}
set_unsent() { set_fresh && set_write 0 a 20000 && on host1 zfs snapshot "tank/a@mine-$telling" && set_write 0 b 30000; }

star-failover_make() { star_make; }
star-failover_start() { set_unsent; }
star-failover_tell() { teller=host1 command=(zrep failover tank/a); }

star-back_make() { star_make; }
star-back_start() {
	set_fresh && quietly host1 zrep failover tank/a && role_look && set_write 1 a 20000 &&
		on host2 zfs snapshot "tank/b@mine-$telling" && set_write 1 b 20000 || return 1
	links=('zrep 0 1' 'c 0 2') home=(host1 zrep failover tank/a) home_links=('zrep 1 0' 'c 0 2')
}
star-back_tell() { teller=host2 command=(zrep failover tank/b); }

chain-failover_make() { chain_make; }
chain-failover_start() {
	set_unsent || return 1
	links=('zrep 1 0' 'c 1 2') home_links=('zrep 0 1' 'c 1 2')
}
chain-failover_tell() { star-failover_tell; }

chain-end_make() { chain_make; }
chain-end_start() {
	set_fresh && quietly host1 zrep failover tank/a && role_look && set_write 1 a 20000 &&
		on host2 zfs snapshot "tank/b@mine-$telling" && set_write 1 b 20000 || return 1
	links=('c 2 1' 'zrep 1 0') home=(host1 zrep -t c failover tank/c) home_links=('c 1 2' 'zrep 1 0')
}
chain-end_tell() { teller=host2 command=(zrep -t c failover tank/b); }

# set_lost: B is made the master by force, and A and B were written to since.
set_lost() {
	set_unsent && links=('zrep 1 0' 'c 1 2') home_links=('zrep 0 1' 'c 1 2') && set_superseded
}
set_superseded() {
	quietly host2 zrep -y takeover -L "$@" tank/b && role_look && set_write 1 v 20000 && set_write 0 u 20000
}
star-takeover_make() { star_make; }
star-takeover_start() {
	set_unsent && links=('zrep 1 0' 'c 1 2') home_links=('zrep 0 1' 'c 1 2')
}
star-takeover_tell() { teller=host2 command=(zrep -y takeover -L tank/b); }

star-follow_make() { star_make; }
star-follow_start() { set_lost; }
star-follow_tell() { teller=host2 command=(zrep -t c sync tank/b); }

star-rejoin_make() { star_make; }
star-rejoin_start() { set_lost; }
star-rejoin_tell() { teller=host1 command=(zrep -y rejoin tank/a); }

# C got from A what B did not; B met it, so that it follows.
third-rejoin_make() { star_make; }
third-rejoin_start() {
	set_unsent && quietly host1 zrep -t c sync tank/a && role_look &&
		links=('zrep 1 0' 'c 1 2') home_links=('zrep 0 1' 'c 1 2') && set_superseded --force || return 1
	on host2 zrep -t c sync tank/b >"$work/beginning" 2>&1
	true
}
third-rejoin_tell() { teller=host2 command=(zrep -t c -y rejoin tank/c); }

# C is the one of the two that goes on.
star-over_make() { star_make; }
star-over_start() {
	set_lost && quietly host2 zrep -t c -y takeover -L --force tank/c && role_look && set_write 2 w 20000 &&
		quietly host1 zrep -y rejoin tank/a && role_look || return 1
	links=('c 2 0' 'zrep 0 1') home=(host2 zrep -t c failover tank/c) home_links=('c 0 2' 'zrep 0 1')
}
star-over_tell() { teller=host2 command=(zrep -t c -y rejoin tank/c); }

# --- what is there ---

# set_side MEMBER: in $host and $d the dataset that is this member now; for a moment of its way back it has another name.
set_side() {
	local k
	read -r host d <<<"${members[$1]}"
	[[ -z ${is[$host $d guid]:-} ]] || return 0
	kept_of "$host" "$d"
	for k in $REPLY; do
		d=$k
		[[ ${is[$host $d zrep:switch]:-}${is[$host $d c:switch]:-} != back* ]] || return 0
	done
	d=
}
sends_under() { [[ ${is[$2 $3 $1:master]:-} == yes ]]; } # TAG HOST DATASET
gets_under() { [[ -n ${is[$2 $3 $1:src-fs]:-} && ${is[$2 $3 $1:master]:-} != yes ]]; }
set_leads() { # HOST DATASET
	{ sends_under zrep "$@" || sends_under c "$@"; } && ! gets_under zrep "$@" && ! gets_under c "$@"
}
set_epoch() { # HOST DATASET: in $REPLY the highest of its tags
	REPLY=${is[$1 $2 zrep:epoch]:-0}
	[[ ${is[$1 $2 c:epoch]:-0} -le $REPLY ]] || REPLY=${is[$1 $2 c:epoch]}
}
# set_leader: in $REPLY the number of the member that leads at the highest epoch, nothing without one; in $lead_epoch that.
set_leader() {
	local i host d best=
	lead_epoch=-1
	for i in "${!members[@]}"; do
		set_side "$i"
		[[ -n $d ]] && set_leads "$host" "$d" || continue
		set_epoch "$host" "$d"
		[[ $REPLY -le $lead_epoch ]] || { lead_epoch=$REPLY; best=$i; }
	done
	REPLY=$best
}

# set_write MEMBER FILE BYTES: what could be written must not be lost from now on.
set_write() {
	local host d
	read -r host d <<<"${members[$1]}"
	set_epoch "$host" "$d"
	if ask put "$files/$2" "$3" "$LAB_DIR/$host/sock" "$d" "$2"; then
		acked[$2]="$1 $REPLY"
	else
		rm -f "$files/$2"
		return 1
	fi
}
set_writes() {
	local i host d
	for i in "${!members[@]}"; do
		read -r host d <<<"${members[i]}"
		[[ -n ${is[$host $d guid]:-} && ${is[$host $d readonly]:-} == off ]] && set_leads "$host" "$d" || continue
		writes=$((writes + 1))
		set_write "$i" "w$writes" 20000
	done
}

# --- at every moment ---

set_begun() {
	local m host d s
	moment='before the command'
	role_look
	for m in "${members[@]}"; do
		read -r host d <<<"$m"
		for s in ${parts[$host $d]:-}; do
			is_set_own "$s" || foreign["$host ${is[$host $d@$s guid]}"]=$s
		done
	done
	set_check
}

set_check() {
	check_one_master
	check_grounds
	check_acked
	check_foreign
	check_set_names
}

check_one_master() {
	local i host d t lead writable=0
	local -A led=()
	for i in "${!members[@]}"; do
		set_side "$i"
		[[ -n $d ]] || { mistake "6: ${members[i]} has nothing left"; continue; }
		set_epoch "$host" "$d"
		[[ $REPLY -ge ${said_epoch[$i]:-0} ]] || mistake "1: the epoch of $d on $host was ${said_epoch[$i]}, and is $REPLY"
		said_epoch[$i]=$REPLY
		for t in zrep c; do
			[[ ${is[$host $d $t:switch]:--} =~ ^(-|leaving\ [0-9]+|entering\ [0-9]+|back\ [0-9]+\ (discard|keep\ .+))$ ]] ||
				mistake "5: $d on $host has $t:switch=${is[$host $d $t:switch]}"
		done
		! gets_under zrep "$host" "$d" || ! gets_under c "$host" "$d" || mistake "1: $d on $host receives under both tags"
		if set_leads "$host" "$d"; then
			[[ -z ${led[$REPLY]:-} || ($story == star-over && $REPLY -eq 101) ]] || mistake "1: two masters of epoch $REPLY: ${led[$REPLY]} and $d on $host"
			led[$REPLY]="$d on $host"
			[[ ${is[$host $d readonly]:-} != off ]] || writable=$((writable + 1))
		elif [[ ${is[$host $d readonly]:-} != on ]]; then
			mistake "4: $d on $host is not the master, and not read-only"
		fi
	done
	is_forced || [[ $writable -lt 2 ]] || mistake "1: $writable members can be written to"
	[[ ${#led[@]} -gt 0 ]] || mistake "1: nobody is the master"
}

# Any two members have something to go on from.
check_grounds() {
	local i j g found has=()
	for i in "${!members[@]}"; do
		set_guids "$i"
		has[i]=$REPLY
	done
	for ((i = 0; i < 3; i++)); do
		for ((j = i + 1; j < 3; j++)); do
			found=no
			for g in ${has[i]}; do [[ ${has[j]} != *" $g "* ]] || { found=yes; break; }; done
			[[ $found == yes ]] || mistake "3: ${members[i]} and ${members[j]} have no common snapshot"
		done
	done
}
set_guids() { # MEMBER: in $REPLY, a blank around each; of what is kept aside only while it is on its way back
	local host d k s all=' '
	set_side "$1"
	REPLY=
	[[ ${is[$host $d zrep:switch]:-}${is[$host $d c:switch]:-} != back* ]] || kept_of "$host" "${members[$1]#* }"
	for k in "$d" $REPLY; do
		for s in ${parts[$host $k]:-}; do all+="${is[$host $k@$s guid]} "; done
	done
	REPLY=$all
}

check_acked() {
	local file i epoch lead lead_epoch host d asked=() somewhere=()
	set_leader
	lead=$REPLY
	[[ -z $lead ]] || set_side "$lead"
	for file in "${!acked[@]}"; do
		read -r i epoch <<<"${acked[$file]}"
		if [[ -n $lead ]] && { ! is_forced || [[ $i == "$lead" && $epoch == "$lead_epoch" ]]; }; then
			asked+=("$files/$file" "$d" "$file")
		else
			somewhere+=("$file")
		fi
	done
	others "$host" "${asked[@]}"
	for i in "${others[@]}"; do
		file=${asked[i * 3 + 2]}
		mistake "2: $file, written on ${members[${acked[$file]% *}]} at epoch ${acked[$file]#* }, is not on the master, $d on $host"
	done
	[[ ${#somewhere[@]} -eq 0 ]] || check_somewhere "${somewhere[@]}"
}
check_somewhere() {
	local file host i d asked
	local -A lost=()
	for file; do lost[$file]=1; done
	for host in host1 host2; do
		asked=()
		for file in "${!lost[@]}"; do
			for d in ${sets[$host]:-}; do asked+=("$files/$file" "$d" "$file"); done
		done
		others "$host" "${asked[@]}"
		for ((i = 0; i < ${#asked[@]} / 3; i++)); do
			[[ " ${others[*]} " == *" $i "* ]] || unset "lost[${asked[i * 3 + 2]}]"
		done
	done
	for file in "${!lost[@]}"; do mistake "2: $file, written on ${members[${acked[$file]% *}]}, is nowhere any more"; done
}

check_set_names() {
	local host d m ok
	for host in host1 host2; do
		for d in ${sets[$host]:-}; do
			ok=no
			for m in "${members[@]}"; do [[ ! "$host $d" =~ ^"$m"(_kept_[0-9]{8}T[0-9]{6}Z)?$ ]] || ok=yes; done
			[[ $ok == yes ]] || mistake "6: $d on $host: what is that?"
		done
	done
}

# --- when nothing may be half done any more ---

check_set_whole() {
	local i host d k t s p
	for i in "${!members[@]}"; do
		read -r host d <<<"${members[i]}"
		[[ -n ${is[$host $d guid]:-} ]] || { mistake "5: $d on $host is not there"; continue; }
		for t in zrep c; do
			[[ -z ${is[$host $d $t:switch]:-} ]] || mistake "5: $d on $host still says $t:switch=${is[$host $d $t:switch]}"
		done
		if set_leads "$host" "$d"; then
			[[ -z ${is[$host $d zrep:readonly]:-}${is[$host $d c:readonly]:-} ]] ||
				mistake "5: $d on $host, a master, still remembers its readonly"
			[[ ${is[$host $d readonly]:-} == off ]] || mistake "5: $d on $host, a master, is read-only"
		fi
		kept_of "$host" "$d"
		for k in $REPLY; do
			[[ -n ${parts[$host $k]:-} || ${is[$host $k written]:-0} -gt 12288 ]] || mistake "5: $k on $host keeps nothing"
			for t in zrep c; do
				for p in master epoch switch readonly src-host src-fs dest-host dest-fs fork since reset error savecount; do
					[[ -z ${is[$host $k $t:$p]:-} ]] || mistake "5: $k on $host, kept aside, has $t:$p=${is[$host $k $t:$p]}"
				done
			done
			# What another tag than the one that came back holds of it, rejoin says how to release.
			[[ $story != star-over ]] || continue
			for s in ${parts[$host $k]:-}; do
				[[ ${is[$host $k@$s userrefs]:-0} == 0 || $s == c_* ]] || mistake "5: $k@$s on $host, kept aside, is held"
			done
		done
	done
}

# check_set_in_step: after a sync of every link of `links`.
check_set_in_step() {
	local i l t from to host d fs fd hs hd a b s ends=0 file asked lead lead_epoch
	set_leader
	lead=$REPLY
	[[ "${links[0]#* }" == "$lead "* ]] || mistake "5: the master is ${members[$lead]:-nobody}, not ${members[${links[0]:(-3):1}]}"
	for l in "${links[@]}"; do
		read -r t from to <<<"$l"
		read -r hs fs <<<"${members[from]}"
		read -r hd fd <<<"${members[to]}"
		sends_under "$t" "$hs" "$fs" && gets_under "$t" "$hd" "$fd" || mistake "5: under tag $t $fs on $hs does not send to $fd on $hd"
		a="${is[$hs $fs $t:src-host]:-}:${is[$hs $fs $t:src-fs]:-} ${is[$hs $fs $t:dest-host]:-}:${is[$hs $fs $t:dest-fs]:-}"
		b="${is[$hd $fd $t:src-host]:-}:${is[$hd $fd $t:src-fs]:-} ${is[$hd $fd $t:dest-host]:-}:${is[$hd $fd $t:dest-fs]:-}"
		[[ $a == "$hs:$fs $hd:$fd" && $a == "$b" ]] || mistake "5: the link of tag $t is said to be $a, and $b"
		[[ -n ${is[$hs $fs $t:link]:-} && ${is[$hs $fs $t:link]:-} == "${is[$hd $fd $t:link]:-}" ]] || mistake "5: $t:link is not the same on $hs and $hd"
		# To the star's other end goes another snapshot after that.
		newest "$hd" "$fd"; b=$REPLY
		a=
		for i in ${parts[$hs $fs]:-}; do [[ ${is[$hs $fs@$i guid]} != "${is[$hd $fd@$b guid]:-2}" ]] || a=$i; done
		[[ ${is[$hs $fs@$a userrefs]:-0} -gt 0 && ${is[$hd $fd@$b userrefs]:-0} -gt 0 ]] ||
			mistake "3: the newest of $fd on $hd, @$b, is not held on both sides of tag $t"
	done
	for i in "${!members[@]}"; do
		read -r host d <<<"${members[i]}"
		for t in zrep c; do
			[[ -z ${is[$host $d $t:src-fs]:-} ]] || ends=$((ends + 1))
			[[ -z ${is[$host $d $t:error]:-} ]] || mistake "5: there is still an error on $d on $host: ${is[$host $d $t:error]}"
		done
		set_epoch "$host" "$d"
		[[ $REPLY == "$lead_epoch" ]] || mistake "5: $d on $host is of epoch $REPLY, and the master of $lead_epoch"
		[[ ${is[$host $d receive_resume_token]:--} == - ]] || mistake "5: $d on $host has a partial receive left"
		set_same "$lead" "$i"
	done
	[[ $ends -eq 4 ]] || mistake "5: $ends ends of links, and not 4"
}
set_same() { # LEADER MEMBER: what was written and is on the one is on the other
	local host d file s asked=() there=()
	read -r host d <<<"${members[$1]}"
	for file in "${!acked[@]}"; do asked+=("$files/$file" "$d" "$file"); done
	others "$host" "${asked[@]}"
	for s in "${others[@]}"; do unset "asked[s * 3]" "asked[s * 3 + 1]" "asked[s * 3 + 2]"; done
	read -r host d <<<"${members[$2]}"
	for s in "${!asked[@]}"; do if [[ $((s % 3)) -eq 1 ]]; then there+=("$d"); else there+=("${asked[s]}"); fi; done
	others "$host" "${there[@]}"
	for s in "${others[@]}"; do mistake "5: ${there[s * 3 + 2]} of the master is not on $d on $host"; done
}

# --- after the crash ---

# set_command HOST NUMBER: in the array `said` one that fits a member there.
set_command() {
	local i host d t tags=() some=()
	for i in "${!members[@]}"; do [[ ${members[i]} != "$1 "* ]] || some+=("$i"); done
	read -r host d <<<"${members[${some[$2 / 4 % ${#some[@]}]}]}"
	for t in zrep c; do [[ -z ${is[$host $d $t:src-fs]:-} ]] || tags+=("$t"); done
	t=${tags[$2 / 8 % (${#tags[@]} + (${#tags[@]} == 0))]:-zrep}
	case $(($2 % 4)) in
	1) said=(zrep -t "$t" sync "$d") ;;
	2) said=(zrep -t "$t" -y rejoin "$d") ;;
	3)
		said=("${command[@]}")
		[[ $1 == "$teller" ]] || said=(zrep -t "$t" doctor --fix "$d")
		;;
	*) said=(zrep -t "$t" doctor --fix "$d") ;;
	esac
}

# set_must LOG HOST CMD...: it works.
set_must() {
	order "$2" "$work/$1-$2" "${@:3}" || wrong "5: \`${*:3}\` on $2 exits with $?"
	look_again "after \`${*:3}\` on $2"
}

# set_again LOG: what the operator said first, and where that is refused, what it says to do. A superseded master that nobody has
# told does not ask its other replicas at each sync: where it has sent to C since, C follows B only by coming back, or, where
# that one has come back meanwhile, when B has met it; and it keeps what it has.
set_again() {
	local log=$work/$1-$teller round status
	for round in 1 2 3 4; do
		order "$teller" "$log" "${command[@]}"
		status=$?
		look_again "after \`${command[*]}\` on $teller"
		[[ $status -ne 0 ]] || return 0
		if [[ $story == star-follow ]] && grep -qF 'it has newer snapshots (@c_' "$log"; then
			set_must "$1c" host2 zrep -t c -y rejoin tank/c
		elif [[ $story == third-rejoin ]] && grep -qF 'on host1, zrep -t zrep doctor --fix tank/a' "$log"; then
			order host1 "$work/$1z-host1" zrep -t zrep doctor --fix tank/a
			[[ $? =~ ^[01]$ ]] || wrong "5: \`zrep -t zrep doctor --fix tank/a\` on host1 exits with another status"
		elif [[ $story == third-rejoin ]] && grep -qF 'on host2, zrep -t c sync tank/b' "$log"; then
			# It may say then that C has more, which the command is for.
			order host2 "$work/$1b-host2" zrep -t c sync tank/b
			[[ $? =~ ^[03]$ ]] || wrong "5: \`zrep -t c sync tank/b\` on host2 exits with another status"
		else
			break
		fi
	done
	wrong "5: \`${command[*]}\` on $teller is refused, and what it says to do is of no use ($round)"
}

# set_sync: every link, outwards. Where somebody was forced, who lost comes back first, and who has more does then.
set_sync() { # LOG
	local l t from to hs fs hd fd status
	for l in "${links[@]}"; do
		read -r t from to <<<"$l"
		read -r hs fs <<<"${members[from]}"
		read -r hd fd <<<"${members[to]}"
		! is_forced || ! sends_under "$t" "$hd" "$fd" || set_must "$1$t" "$hd" zrep -t "$t" -y rejoin "$fd"
		order "$hs" "$work/$1$t-$hs" zrep -t "$t" sync "$fs"
		status=$?
		if [[ $status -eq 3 ]] && is_forced; then
			look_again "after a sync of $fs on $hs under tag $t"
			set_must "$1$t" "$hd" zrep -t "$t" -y rejoin "$fd"
			set_must "$1$t" "$hs" zrep -t "$t" sync "$fs"
		elif [[ $status -ne 0 ]]; then
			wrong "5: \`zrep -t $t sync $fs\` on $hs exits with $status"
		fi
		look_again "after a sync of $fs on $hs under tag $t"
	done
	check_set_whole
	check_set_in_step
}

set_after() {
	local host hosts=(host1 host2) said status lead_epoch
	[[ $((lot / 72 % 2)) -eq 0 ]] || at_rest
	look_again 'after the crash'
	set_writes
	! is_same || return 0
	[[ $((lot / 5 % 2)) -eq 0 ]] || hosts=(host2 host1)
	[[ $((lot / 3 % 3)) -ne 0 ]] || crash_again "${hosts[0]}"
	at_rest
	for host in "${hosts[@]}" "${hosts[0]}"; do
		set_command "$host" $((lot / 13))
		[[ $host != host1 ]] || set_command "$host" $((lot / 59))
		order "$host" "$work/3-$host" "${said[@]}"
		status=$?
		[[ $status =~ ^[013]$ ]] || wrong "5: \`${said[*]}\` on $host exits with $status"
		look_again "after \`${said[*]}\` on $host"
		set_writes
		lot=$((lot / 2 + 1))
	done
	# Before the crash the decision may not have been made, and C got what B has not since.
	[[ $story != star-takeover ]] || command=(zrep -y takeover -L --force tank/b)
	set_again 4
	set_writes
	set_sync 5
	set_writes
	[[ ${#wrong[@]} -eq 0 ]] || return 0
	set_must 7 "${home[@]}"
	links=("${home_links[@]}")
	set_writes
	set_sync 8
}
