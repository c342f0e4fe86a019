# shellcheck shell=bash
# What must be so while the master's role moves, whatever was killed. Sourced by run. It reads the real state of both
# hosts, and knows nothing of zrep but its promises; the numbers are those of the invariants in DESIGN.md:
#
#   1 at most one master for a pair and epoch; in a planned change, never two sides that can be written to
#   2 what was written, and acknowledged, is on the master; after a forced change it may be kept aside, or still on
#     the side that lost
#   3 both sides always hold a common base
#   4 a replica is read-only, and changed only by receive and expire
#   5 every command can be run again, and nothing half done is left
#   6 what zrep did not create is not destroyed, renamed or rolled back
#   7 of no change it is on record (zrep:history) that it happened where it did not
#
# `pairs` holds "NAME-ON-HOST1 NAME-ON-HOST2" each; `wrong` collects what was found.

# is[HOST NAME PROPERTY] is what role_look() saw, only what is set on the dataset itself where it is zrep's;
# sets[HOST] the filesystems there, parts[HOST NAME] the snapshots of one, oldest first, the parts behind the @.
declare -A is sets parts
# said_epoch[HOST PAIR] is the highest epoch that was seen, acked[FILE] "HOST PAIR EPOCH" of an acknowledged write.
declare -A said_epoch acked
look_hosts=(host2 host1) # those that role_look() asks, in this order
moment='' # what has just happened, for messages

mistake() { wrong "$* ($moment)"; }

name_on() { if [[ $1 == host1 ]]; then REPLY=${pairs[$2]% *}; else REPLY=${pairs[$2]#* }; fi; }
other_host() { if [[ $1 == host1 ]]; then REPLY=host2; else REPLY=host1; fi; }

role_look() {
	local host
	is=() sets=() parts=()
	for host in "${look_hosts[@]}"; do
		if declare -F ask >/dev/null; then # by a process that is there
			# shellcheck source=/dev/null
			! ask roles "$LAB_DIR/$host/sock" "$host" || . "$work/answer"
		else
			eval "$(uzctl "$host" list tank 2>/dev/null |
			awk -F '\t' -v "host=$host" '
				function quoted(s) { gsub(/\047/, "\047\\\047\047", s); return "\047" s "\047" }
				function is(name, prop, value) { print "[" quoted(host " " name " " prop) "]=" quoted(value) }
				BEGIN { print "is+=(" }
				NF != 4 || $1 == "tank" || $1 ~ /^tank\/other/ || $2 == "hold" { next }
				$2 ~ /:/ && $4 != "local" && $4 != "received" { next }
				$2 == "readonly" {
					off[$1] = !$3
					is($1, "from", $4)
					$3 = $3 ? "on" : "off"
				}
				{ is($1, $2, $3) }
				$2 == "receive_resume_token" { partial[$1] = 1 }
				$2 == "guid" && (at = index($1, "@")) { of[substr($1, 1, at - 1)] = of[substr($1, 1, at - 1)] substr($1, at + 1) " " }
				$2 == "guid" && !at { all = all $1 " "; fs[$1] = 1 }
				END {
					for (name in fs) {
						if (!(name in off)) { is(name, "readonly", "off"); is(name, "from", "default") }
						if (!(name in partial)) is(name, "receive_resume_token", "-")
					}
					print ")\nsets[" host "]=" quoted(all) "\nparts+=("
					for (name in of) print "[" quoted(host " " name) "]=" quoted(of[name])
					print ")"
				}')"
		fi
		[[ -n ${sets[$host]:-} ]] || mistake "6: $host has no datasets any more"
	done
}

kept_of() { # HOST NAME: in $REPLY the datasets there that keep what it had
	local d
	REPLY=
	for d in ${sets[$1]:-}; do
		[[ ! $d =~ ^"$2"_kept_[0-9]{8}T[0-9]{6}Z$ ]] || REPLY+="$d "
	done
}

# side HOST PAIR: in $REPLY the dataset that is this side now: for a moment of its way back it has another name.
side() {
	local d
	name_on "$1" "$2"
	[[ -z ${is[$1 $REPLY guid]:-} ]] || return 0
	kept_of "$1" "$REPLY"
	for d in $REPLY; do
		REPLY=$d
		[[ ${is[$1 $d zrep:switch]:-} != back* ]] || return 0
	done
	REPLY=
}

is_master() { [[ -n $2 && ${is[$1 $2 zrep:master]:-} == yes ]]; } # HOST DATASET
can_write() { is_master "$1" "$2" && [[ ${is[$1 $2 readonly]:-} == off ]]; }
epoch_of() { REPLY=${is[$1 $2 zrep:epoch]:-0}; }

# leader PAIR: in $REPLY "HOST DATASET EPOCH" of the master of the highest epoch; nothing without one.
leader() {
	local host best='' d high=-1
	for host in host1 host2; do
		side "$host" "$1"
		d=$REPLY
		is_master "$host" "$d" || continue
		epoch_of "$host" "$d"
		[[ $REPLY -le $high ]] || { high=$REPLY; best="$host $d $REPLY"; }
	done
	REPLY=$best
}

# --- what an application writes ---

# write_ack HOST PAIR FILE BYTES: what could be written must not be lost from now on. False: it could not be.
write_ack() {
	local epoch
	side "$1" "$2"
	epoch_of "$1" "$REPLY"
	epoch=$REPLY
	name_on "$1" "$2"
	if ask put "$files/$2.$3" "$4" "$LAB_DIR/$1/sock" "$REPLY" "$3"; then
		acked[$2.$3]="$1 $2 $epoch"
	else
		rm -f "$files/$2.$3"
		return 1
	fi
}

# applications: on each side that can be written to as the master.
applications() {
	local host i
	for host in host1 host2; do
		for i in "${!pairs[@]}"; do
			name_on "$host" "$i"
			if can_write "$host" "$REPLY"; then
				writes=$((writes + 1))
				write_ack "$host" "$i" "w$writes" 20000
			fi
		done
	done
}

has_file() { uzctl "$1" get "$2" "${3#*.}" 2>/dev/null | cmp -s - "$files/$3"; } # HOST DATASET FILE

is_forced() { [[ ${forced[$story]:-} == yes ]]; }
# The operator said --discard of what host1 has; has_word: he said it already.
is_given_up() { [[ ${discards[$story]:-} == yes && $1 == host1 ]]; }

check_written() {
	local file host i epoch lead_host lead lead_epoch d found
	local ask_host1=() ask_host2=() anywhere=()
	for file in "${!acked[@]}"; do
		read -r host i epoch <<<"${acked[$file]}"
		leader "$i"
		read -r lead_host lead lead_epoch <<<"$REPLY"
		# On its way back, what it had is aside already.
		[[ ${is[$lead_host $lead zrep:switch]:-} != back* ]] || lead=
		if [[ -n $lead ]] && { ! is_forced || [[ $host == "$lead_host" && $epoch == "$lead_epoch" ]]; }; then
			local -n ask=ask_$lead_host
			ask+=("$files/$file" "$lead" "${file#*.}")
		elif ! is_given_up "$host"; then
			anywhere+=("$file")
		fi
	done
	for host in host1 host2; do
		local -n ask=ask_$host
		others "$host" "${ask[@]}"
		for i in "${others[@]}"; do
			file=${ask[i * 3]##*/}
			read -r d _ epoch <<<"${acked[$file]}"
			mistake "2: $file, written on $d at epoch $epoch, is not on the master, ${ask[i * 3 + 1]} on $host"
		done
	done
	[[ ${#anywhere[@]} -eq 0 ]] || check_anywhere "${anywhere[@]}"
}

# check_anywhere FILE...: each is in some dataset of its pair, or kept aside, on one of the hosts.
check_anywhere() {
	local file host d i ask
	local -A lost=()
	for file; do lost[$file]=1; done
	for host in host1 host2; do
		ask=()
		for file in "${!lost[@]}"; do
			name_on "$host" "${file%%.*}"
			d=$REPLY
			kept_of "$host" "$d"
			for d in "$d" $REPLY; do
				[[ -z ${is[$host $d guid]:-} ]] || ask+=("$files/$file" "$d" "${file#*.}")
			done
		done
		others "$host" "${ask[@]}"
		for ((i = 0; i < ${#ask[@]} / 3; i++)); do
			[[ " ${others[*]} " == *" $i "* ]] || unset "lost[${ask[i * 3]##*/}]"
		done
	done
	for file in "${!lost[@]}"; do
		read -r host _ i <<<"${acked[$file]}"
		mistake "2: $file, written on $host at epoch $i, is nowhere any more"
	done
}

# --- at every moment ---

# is_unborn PAIR: it is none yet, and never was.
is_unborn() {
	[[ $1 == "$unborn" ]] || return 1
	leader "$1"
	[[ -z $REPLY ]] || unborn=
	[[ -z $REPLY ]]
}

# Of no change it is on record that it happened where neither side has come to its epoch.
check_record() { # PAIR
	local host d high=0 entry text=
	for host in host1 host2; do
		side "$host" "$1"
		d=$REPLY
		[[ -n $d ]] || continue
		epoch_of "$host" "$d"
		[[ $REPLY -le $high ]] || high=$REPLY
		text+="${is[$host $d zrep:history]:-};"
	done
	while [[ $text == *';'* ]]; do
		entry=${text%%;*}
		text=${text#*;}
		[[ ! $entry =~ ^[0-9]+\ (planned|forced|given-up|rejoined)\ .*epoch=([0-9]+) || ${BASH_REMATCH[2]} -le $high ]] ||
			mistake "7: ${pairs[$1]}: on record is \"$entry\", and neither side is beyond epoch $high"
	done
}

check_masters() { # PAIR
	local host d masters=() writable=() i=$1
	for host in host1 host2; do
		side "$host" "$i"
		d=$REPLY
		[[ -n $d ]] || { mistake "6: ${pairs[i]} has nothing left on $host"; continue; }
		epoch_of "$host" "$d"
		[[ $REPLY -ge ${said_epoch[$host $i]:-0} ]] ||
			mistake "1: the epoch of $d on $host was ${said_epoch[$host $i]}, and is $REPLY"
		said_epoch[$host $i]=$REPLY
		[[ ${is[$host $d zrep:switch]:--} =~ ^(-|leaving\ [0-9]+|entering\ [0-9]+|back\ [0-9]+\ (discard|keep\ .+))$ ]] ||
			{ is_yield_story && [[ ${is[$host $d zrep:switch]} =~ ^(resting|leaving\ [0-9]+\ resting|offered\ [0-9]+\ [0-9]+)$ ]]; } ||
			mistake "5: $d on $host has zrep:switch=${is[$host $d zrep:switch]}"
		if is_master "$host" "$d"; then
			masters+=("$REPLY")
			[[ ${is[$host $d zrep:src-host]:-} == "$host" ]] || mistake "1: $d on $host is the master, and its source is another host"
			! can_write "$host" "$d" || writable+=("$host")
		elif [[ ${is[$host $d readonly]:-} != on ]]; then
			mistake "4: $d on $host is not the master, and not read-only"
		fi
	done
	check_record "$i"
	[[ ${#masters[@]} -lt 2 || ${masters[0]} != "${masters[1]}" ]] || mistake "1: ${pairs[i]}: two masters of epoch ${masters[0]}"
	is_forced || [[ ${#writable[@]} -lt 2 ]] || mistake "1: ${pairs[i]} can be written to on both sides"
	is_forced || [[ ${#masters[@]} -gt 0 || $nobody == yes ]] || mistake "1: ${pairs[i]} has no master"
}

# guids_of HOST PAIR [held]: in $REPLY those of the snapshots there, a blank around each.
guids_of() {
	local d s all=' '
	name_on "$1" "$2"
	d=$REPLY
	kept_of "$1" "$d"
	for d in "$d" $REPLY; do
		for s in ${parts[$1 $d]:-}; do
			[[ -n ${3:-} && ${is[$1 $d@$s userrefs]:-0} == 0 ]] || all+="${is[$1 $d@$s guid]} "
		done
	done
	REPLY=$all
}

# What one-sided changes go back to, the other side cannot be asked to hold.
check_base() { # PAIR
	local here there g held=held
	[[ ${one_sided[$story]:-} != yes ]] || held=
	guids_of host1 "$1" $held
	here=$REPLY
	guids_of host2 "$1" $held
	there=$REPLY
	for g in $here; do [[ $there != *" $g "* ]] || return 0; done
	mistake "3: ${pairs[$1]} ${held:+hold}${held:-have} no common base"
}

# foreign[HOST GUID] is the name of a snapshot that was there before and is not zrep's.
declare -A foreign
check_foreign() {
	local key host d s i
	local -A there=()
	for host in host1 host2; do
		for d in ${sets[$host]:-}; do
			for s in ${parts[$host $d]:-}; do there[$host ${is[$host $d@$s guid]}]=$s; done
		done
	done
	for key in "${!foreign[@]}"; do
		i=${foreign[$key]}
		[[ ${there[$key]:-} == "$i" ]] || is_given_up "${key% *}" || mistake "6: @$i is gone from ${key% *}, or renamed (${there[$key]:-})"
	done
}

# Nothing but the pairs, what is below them, and what was kept aside.
check_names() {
	local host d i ok
	for host in host1 host2; do
		for d in ${sets[$host]:-}; do
			ok=no
			for i in "${!pairs[@]}"; do
				name_on "$host" "$i"
				[[ ! $d =~ ^"$REPLY"(_kept_[0-9]{8}T[0-9]{6}Z)?(/own)?$ ]] || ok=yes
				# A child of the tree goes with its parent.
				[[ ! $d =~ ^"$REPLY"_kept_[0-9]{8}T[0-9]{6}Z/c$ ]] || ok=yes
			done
			[[ $ok == yes ]] || mistake "6: $d on $host: what is that?"
		done
	done
}

check_roles() {
	local i
	for i in "${!pairs[@]}"; do
		! is_unborn "$i" || continue
		check_masters "$i"
		check_base "$i"
		! is_yield_story || check_yield "$i"
	done
	check_written
	check_foreign
	check_names
}

# check_told: the command said that it had done what it was to do.
check_told() {
	local i
	for i in "${!pairs[@]}"; do
		side host1 "$i"
		case $story in
		yield*) yield_told "$i" ;;
		undo) [[ -z ${is[host1 $REPLY zrep:switch]:-} ]] || mistake "5: it said that it was done, and nothing was undone" ;;
		drop* | rejoin*) ! is_master host1 "$REPLY" || mistake "5: it said that it was done, and $REPLY on host1 is still the master" ;;
		*)
			leader "$i"
			[[ $REPLY == host2* ]] || mistake "5: it said that it was done, and the master is ${REPLY:-nobody}"
			;;
		esac
	done
}

# --- when nothing may be half done any more ---

# check_whole: after a command on each side.
check_whole() {
	local i host d o k s t bytes lead own
	for i in "${!pairs[@]}"; do
		! is_unborn "$i" || continue
		! is_yield_story || ! check_waits "$i" || continue
		leader "$i"
		read -r lead _ _ <<<"$REPLY"
		for host in host1 host2; do
			name_on "$host" "$i"
			d=$REPLY
			[[ -n ${is[$host $d guid]:-} ]] || { mistake "5: $d on $host is not there"; continue; }
			[[ -z ${is[$host $d zrep:switch]:-} ]] || mistake "5: $d on $host still says ${is[$host $d zrep:switch]}"
			if is_master "$host" "$d"; then
				[[ -z ${is[$host $d zrep:readonly]:-} ]] || mistake "5: $d on $host, the master, still has zrep:readonly"
				[[ ${is[$host $d readonly]:-} == off ]] || mistake "5: $d on $host, the master, is read-only"
				# Nobody but zrep has ever set it.
				[[ ${is[$host $d from]:-} != local ]] || mistake "5: readonly of $d on $host, the master, is not what it was"
				is_forced || [[ $host == "$lead" ]] || mistake "1: ${pairs[i]} has two masters"
			else
				[[ ${is[$host $d readonly]:-} == on ]] || mistake "4: $d on $host, no master, is not read-only"
				[[ -z ${is[$host $d zrep:fork]:-}${is[$host $d zrep:since]:-} ]] || mistake "5: $d on $host, no master, has zrep:fork or zrep:since"
			fi
			check_below "$host" "$d"
			kept_of "$host" "$d"
			for k in $REPLY; do check_kept "$host" "$d" "$k"; done
		done
	done
}

# What was below, and is nobody's business of zrep's.
check_below() {
	[[ ${own_guid[$1 $2]:-} == "${is[$1 $2/own guid]:-}" ]] || mistake "6: $2/own on $1 is not where it was"
}

check_kept() { # HOST DATASET KEPT
	local s prop
	[[ -n ${parts[$1 $3]:-} || ${is[$1 $3 written]:-0} -gt 12288 ]] || mistake "5: $3 on $1 keeps nothing"
	for prop in master epoch switch readonly src-host src-fs dest-host dest-fs fork since reset error savecount; do
		[[ -z ${is[$1 $3 zrep:$prop]:-} ]] || mistake "5: $3 on $1, kept aside, has zrep:$prop=${is[$1 $3 zrep:$prop]}"
	done
	for s in ${parts[$1 $3]:-}; do
		[[ ${is[$1 $3@$s userrefs]:-0} == 0 ]] || mistake "5: $3@$s on $1, kept aside, is held"
	done
}

# newest HOST DATASET: in $REPLY the part behind the @.
newest() {
	local s high=0
	REPLY=
	for s in ${parts[$1 $2]:-}; do
		[[ ${is[$1 $2@$s createtxg]} -le $high ]] || { high=${is[$1 $2@$s createtxg]}; REPLY=$s; }
	done
}

# check_in_step HOST: it is the one master of every pair, and after a sync of it, both sides are the same.
check_in_step() {
	local master=$1 replica i m r a b file host prop s props=(src-host src-fs dest-host dest-fs epoch)
	other_host "$master"
	replica=$REPLY
	for i in "${!pairs[@]}"; do
		name_on "$master" "$i"; m=$REPLY
		name_on "$replica" "$i"; r=$REPLY
		can_write "$master" "$m" || mistake "5: $m on $master is not the master, or read-only"
		! is_master "$replica" "$r" || mistake "5: $r on $replica believes to be the master"
		[[ ${is[$replica $r readonly]:-} == on ]] || mistake "4: $r on $replica is writable"
		for prop in "${props[@]}"; do
			[[ ${is[$master $m zrep:$prop]:-} == "${is[$replica $r zrep:$prop]:-}" ]] ||
				mistake "5: zrep:$prop is ${is[$master $m zrep:$prop]:-} on $master, ${is[$replica $r zrep:$prop]:-} on $replica"
		done
		a="${is[$master $m zrep:src-host]:-}:${is[$master $m zrep:src-fs]:-} ${is[$master $m zrep:dest-host]:-}:${is[$master $m zrep:dest-fs]:-}"
		[[ $a == "$master:$m $replica:$r" ]] || mistake "5: the pair is said to be $a"
		newest "$master" "$m"; a=$REPLY
		newest "$replica" "$r"; b=$REPLY
		[[ ${is[$master $m@$a guid]:-1} == "${is[$replica $r@$b guid]:-2}" ]] || mistake "3: the newest snapshots are $m@$a and $r@$b"
		[[ ${is[$master $m written]} == 0 ]] || mistake "5: ${is[$master $m written]} bytes of $m were not sent"
		[[ ${is[$replica $r written]} == 0 || (${is[$replica $r zrep:reset]:-} == "${is[$replica $r@$b guid]}" && ${is[$replica $r written]} -le 12288) ]] ||
			mistake "4: $r on $replica was written to"
		[[ -z ${is[$master $m zrep:error]:-}${is[$replica $r zrep:error]:-} ]] ||
			mistake "5: there is still an error: ${is[$master $m zrep:error]:-}${is[$replica $r zrep:error]:-}"
		[[ ${is[$replica $r receive_resume_token]} == - ]] || mistake "5: $r on $replica has a partial receive left"
		for host in "$master" "$replica"; do
			name_on "$host" "$i"
			for s in ${parts[$host $REPLY]:-}; do
				if [[ $s == "$a" ]]; then
					[[ ${is[$host $REPLY@$s userrefs]} == 1 ]] || mistake "3: the base $REPLY@$s on $host is not held"
					[[ -n ${is[$host $REPLY@$s zrep:sent]:-} ]] || mistake "5: $REPLY@$s on $host is not marked as sent"
				else
					[[ ${is[$host $REPLY@$s userrefs]} == 0 ]] || mistake "5: $REPLY@$s on $host is held, and not the base"
				fi
			done
		done
		a=()
		for file in "${!acked[@]}"; do [[ ${file%%.*} != "$i" ]] || a+=("$files/$file" "$m" "${file#*.}"); done
		others "$master" "${a[@]}"
		for s in "${others[@]}"; do unset "a[s * 3]" "a[s * 3 + 1]" "a[s * 3 + 2]"; done
		b=()
		for s in "${!a[@]}"; do
			if [[ $((s % 3)) -eq 1 ]]; then b+=("$r"); else b+=("${a[s]}"); fi
		done
		others "$replica" "${b[@]}"
		for s in "${others[@]}"; do mistake "5: ${b[s * 3]##*/} on $replica differs from that on $master"; done
	done
}

# --- what a failure shows ---

show_roles() {
	local host d s line
	for host in host1 host2; do
		for d in ${sets[$host]:-}; do
			line="$host $d:"
			for s in {zrep,c}:{master,epoch,switch,src-host,dest-host} readonly {zrep,c}:readonly written {zrep,c}:{reset,error}; do
				[[ -z ${is[$host $d $s]:-} ]] || line+=" $s=${is[$host $d $s]}"
			done
			echo "    $line"
			line=
			for s in ${parts[$host $d]:-}; do
				line+=" $s=${is[$host $d@$s guid]:0:6}"
				[[ ${is[$host $d@$s userrefs]} == 0 ]] || line+=+
			done
			[[ -z $line ]] || echo "       $line"
		done
	done
}
