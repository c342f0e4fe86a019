# shellcheck shell=bash
# The stories of a master that makes way before it is known who follows (zrep yield), of who then takes the role, and of a
# master that takes it back. Sourced by run; told as those of roles.sh, and none of it is force: nothing is lost, or kept
# aside, and there are never two sides that can be written to. An offer, and a master that rests, are not half done: they
# stay, whatever else is said, until somebody says who is to lead. Who has made way, or rested when the command was said, is
# not opened by a crash of it, nor by what comes then.

yield_stories=(yield yield-accept yield-accept-alone yield-withdraw yield-rest yield-resume yield-again yield-move yield-tree)
role_stories+=("${yield_stories[@]}")
stories+=("${yield_stories[@]}")
about+=(
	[yield]='the master makes way with unsent data, and the other side takes over'
	[yield-accept]='the role is offered, and taken'
	[yield-accept-alone]='the role is offered, and taken without asking the master (takeover -L)'
	[yield-withdraw]='the role is offered, and taken back'
	[yield-rest]='the master makes way without asking (yield -L), with unsent data, and the other side takes over'
	[yield-resume]='a master that rests takes its role back'
	[yield-again]='a master that rests, with unsent data, offers its role, and the other side takes over'
	[yield-move]='the role of a master that rests, with unsent data, is moved by its failover'
	[yield-tree]='a tree of two makes way with unsent data, and the other side takes over'
)
size+=(
	[yield]='133 13 91 11 33' [yield-accept]='81 5 114 7 21' [yield-accept-alone]='0 0 155 8 0' [yield-withdraw]='98 5 65 4 15'
	[yield-rest]='108 5 0 0 0' [yield-resume]='78 4 38 2 9' [yield-again]='130 11 90 10 32'
	[yield-move]='131 12 116 12 43' [yield-tree]='185 16 135 13 84'
)

# closed: who cannot be written to before the operator says so: "both"; "host1"; nothing: nobody knows. may_wait: an offer,
# or a master that rests, may stand. offer: the epoch that was offered last. moved: host1 was told to lead, whoever did.
lasting+=(closed may_wait offer moved)
closed='' may_wait=no offer='' moved=no

is_yield_story() { [[ " ${yield_stories[*]} " == *" $story "* ]]; }

# --- beginnings ---

yield_begins() {
	closed='' may_wait=yes offer='' moved=no
	role_fresh && unsent
}
# yielded ARG...
yielded() {
	top_on host1
	quietly host1 zrep yield "$@" "$REPLY" && closed=both
}

yield_make() { role_make; }
yield_start() { yield_begins; }
yield_tell() { teller=host1 command=(zrep yield "${pairs[0]% *}"); }

yield-accept_make() { role_make; }
yield-accept_start() { yield_begins && yielded && closed=host1; }
yield-accept_tell() { teller=host2 command=(zrep takeover "${pairs[0]#* }"); }

yield-accept-alone_make() { role_make; }
yield-accept-alone_start() { yield_begins && yielded && closed=host1; }
yield-accept-alone_tell() { teller=host2 command=(zrep -y takeover -L "${pairs[0]#* }"); }

yield-withdraw_make() { role_make; }
yield-withdraw_start() { yield_begins && yielded && closed=; }
yield-withdraw_tell() { teller=host1 command=(zrep takeover "${pairs[0]% *}"); }

yield-rest_make() { role_make; }
yield-rest_start() { yield_begins; }
yield-rest_tell() { teller=host1 command=(zrep yield -L "${pairs[0]% *}"); }

yield-resume_make() { role_make; }
yield-resume_start() { yield_begins && yielded -L && closed=; }
yield-resume_tell() { yield-withdraw_tell; }

yield-again_make() { role_make; }
yield-again_start() { yield_begins && yielded -L; }
yield-again_tell() { yield_tell; }

yield-move_make() { role_make; }
yield-move_start() { yield_begins && yielded -L && closed=host1; }
yield-move_tell() { teller=host1 command=(zrep failover "${pairs[0]% *}"); }

yield-tree_make() { failover-tree_make; }
yield-tree_start() { yield_begins; }
yield-tree_tell() { yield_tell; }

# --- after the crash ---

# yield_command HOST NUMBER: in the array `said` one that fits there.
yield_command() {
	local all top
	all_on "$1"
	top=${all[0]}
	case $1.$(($2 % 6)).$story in
	*.0.*) said=(zrep doctor --fix "${all[@]}") ;;
	*.1.*) said=(zrep sync "${all[@]}") ;;
	*.2.*) said=(zrep -y rejoin "${all[@]}") ;;
	# Without the offer it would be force.
	host2.3.yield-accept-alone) if can_accept; then said=("${command[@]}"); else said=(zrep takeover "$top"); fi ;;
	host1.3.yield | host1.3.yield-rest | host1.3.yield-again | host1.3.yield-tree) said=("${command[@]}") ;;
	host2.[35].*) said=(zrep takeover "$top") ;;
	host1.3.*) said=(zrep failover "$top") ;;
	host1.4.yield-rest) said=(zrep yield "$top") ;;
	host1.4.*) said=(zrep yield -L "$top") ;;
	host2.4.*) said=(zrep sync -f "${all[@]}") ;;
	host1.5.*) said=(zrep takeover "$top") ;;
	esac
	# With -L nobody is asked what an earlier one has come to, and that stays half done.
	side "$1" 0
	[[ " ${said[*]} " != *' yield -L '* || ${is[$1 $REPLY zrep:switch]:-} != leaving* ]] || is_offered 0 || said=(zrep doctor --fix "${all[@]}")
}

# about_to HOST CMD...: what is closed whatever becomes of that. said_so STATUS CMD...: and after it.
about_to() {
	case "$1 ${*:2} " in
	host1*' takeover '*) closed='' moved=yes ;;
	esac
	case "$1 ${*:2} " in
	*' takeover '* | *' failover '*) [[ $closed != both ]] || closed=host1 ;;
	esac
}
said_so() {
	local lead
	[[ "$1 ${*:2} " == 0*' yield '* ]] || return 0
	role_look
	leader 0
	lead=$REPLY
	[[ $lead != host1* ]] || closed=both
}

# Is the role of each pair host2's, or offered to it?
can_accept() {
	local i
	for i in "${!pairs[@]}"; do
		leader "$i"
		[[ $REPLY == host2* ]] || is_offered "$i" || return 1
	done
}

# yield_say HOST LOG CMD...: the operator does, and it works.
yield_say() {
	local teller=$1 status
	about_to "$1" "${@:3}"
	order "$1" "$work/$2" "${@:3}"
	status=$?
	[[ $status -eq 0 ]] || wrong "5: \`${*:3}\` on $1 exits with $status"
	said_so "$status" "${@:3}"
	look_again "after \`${*:3}\` was said on $1"
	return "$status"
}

# What the operator wants in the end.
yield_again() {
	local i epoch promised=$offer
	leader 0
	case $story in
	yield | yield-tree | yield-rest | yield-again)
		if [[ $REPLY == host1* ]]; then
			yield_say host1 4-host1 "${command[@]}" || return
			check_whole
			for i in "${!pairs[@]}"; do
				is_offered "$i" || [[ $story == yield-rest ]] || mistake "5: it said that it was done, and nobody was offered ${pairs[i]}"
				is_rested "$i" || is_offered "$i" || mistake "5: it said that it was done, and ${pairs[i]} has not made way"
			done
		fi
		yield_say host2 4-host2 zrep takeover "$top2" || return
		;;
	yield-accept-alone)
		if can_accept; then
			yield_say host2 4-host2 "${command[@]}" || return
		else
			yield_say host2 4-host2 zrep takeover "$top2" || return
		fi
		for i in "${!pairs[@]}"; do
			leader "$i"
			read -r _ _ epoch <<<"$REPLY"
			# If host2 led already when host1 took the role, the epochs have gone on.
			[[ $epoch == "$promised" || ($moved == yes && $epoch -gt $promised) ]] || mistake "1: ${pairs[i]} was offered as of epoch $promised, and is led at $epoch"
		done
		all_on host2
		yield_say host2 5-host2 zrep sync "${all[@]}" || return
		;;
	yield-accept) yield_say host2 4-host2 "${command[@]}" || return ;;
	yield-move) yield_say host1 4-host1 "${command[@]}" || return ;;
	yield-withdraw | yield-resume)
		yield_say host1 4-host1 "${command[@]}" || return
		for i in "${!pairs[@]}"; do
			side host1 "$i"
			can_write host1 "$REPLY" || mistake "5: it said that it was done, and $REPLY on host1 cannot be written to"
		done
		may_wait=no
		check_whole
		applications
		yield_say host2 5-host2 zrep takeover "$top2" || return
		;;
	esac
	may_wait=no
	check_whole
}

# --- what must be so ---

# is_offered PAIR: host1 makes way for host2, which was offered its role. is_rested PAIR: it makes way for nobody.
is_offered() {
	local mine its
	side host1 "$1"
	mine=${is[host1 $REPLY zrep:switch]:-}
	is_master host1 "$REPLY" || return 1
	side host2 "$1"
	its=${is[host2 $REPLY zrep:switch]:-}
	! is_master host2 "$REPLY" && [[ $mine =~ ^leaving\ ([0-9]+)\ resting$ && $its == "offered ${BASH_REMATCH[1]} "* ]]
}
is_rested() {
	side host1 "$1"
	is_master host1 "$REPLY" && [[ ${is[host1 $REPLY zrep:switch]:-} == resting ]] || return 1
	side host2 "$1"
	! is_master host2 "$REPLY" && [[ -z ${is[host2 $REPLY zrep:switch]:-} ]]
}

# At every moment.
check_yield() { # PAIR
	local host other d o s guid
	for host in host1 host2; do
		side "$host" "$1"
		d=$REPLY
		other_host "$host"
		other=$REPLY
		side "$other" "$1"
		o=$REPLY
		if can_write "$host" "$d" && [[ $closed == both || $closed == "$host" ]]; then
			mistake "1: $d on $host can be written to, and nobody has said so"
		fi
		s=${is[$host $d zrep:switch]:-}
		[[ $s == offered\ * ]] || continue
		read -r _ offer guid <<<"$s"
		! is_master "$host" "$d" || mistake "1: $d on $host is the master, and was offered the role"
		# It may take it at any moment.
		! can_write "$other" "$o" || mistake "1: $d on $host was offered the role, and $o on $other can be written to"
		[[ ${is[$other $o readonly]:-} == on ]] || mistake "1: $d on $host was offered the role, and $o on $other is not read-only"
		[[ ${is[$host $d written]:-0} -le 12288 ]] || mistake "4: $d on $host was offered the role, and was written to"
		newest "$host" "$d"
		[[ ${is[$host $d@$REPLY guid]:-} == "$guid" ]] || mistake "2: $d on $host was offered the role with $guid, and its newest is another"
		newest "$other" "$o"
		[[ ${is[$other $o@$REPLY guid]:-} == "$guid" ]] || mistake "2: $d on $host was offered the role with $guid, and $o on $other has a newer one"
		[[ ${is[$other $o written]:-0} == 0 ]] || mistake "2: $d on $host was offered the role, and ${is[$other $o written]} bytes of $o are not there"
	done
	for host in host1 host2; do
		name_on "$host" "$1"
		kept_of "$host" "$REPLY"
		[[ -z $REPLY ]] || mistake "2: kept aside on $host: $REPLY"
	done
}

# check_waits PAIR: nothing is half done, and nobody leads. False: another state.
check_waits() {
	local d
	is_offered "$1" || is_rested "$1" || return 1
	[[ $may_wait == yes ]] || mistake "5: ${pairs[$1]} still waits for somebody to lead"
	side host1 "$1"
	d=$REPLY
	# Who was killed before it was read-only, or when it was opened again, is neither closed nor opened but by who says so.
	[[ ${is[host1 $d readonly]:-} == on || -z $closed ]] || mistake "1: $d on host1 has made way, and is not read-only"
	[[ -n ${is[host1 $d zrep:readonly]:-} ]] || mistake "5: $d on host1 has made way, and readonly as it was is not noted"
	name_on host2 "$1"
	[[ ${is[host2 $REPLY readonly]:-} == on ]] || mistake "4: $REPLY on host2, no master, is not read-only"
	! is_offered "$1" || check_base "$1"
}

# yield_told PAIR: the command said that it had done what it was to do.
yield_told() {
	side host1 "$1"
	case $story in
	yield-accept* | yield-move)
		leader "$1"
		[[ $REPLY == host2* ]] || mistake "5: it said that it was done, and the master is ${REPLY:-nobody}"
		;;
	yield-withdraw | yield-resume) can_write host1 "$REPLY" || mistake "5: it said that it was done, and $REPLY cannot be written to" ;;
	*)
		[[ -n ${is[host1 $REPLY zrep:switch]:-} && ${is[host1 $REPLY readonly]:-} == on ]] ||
			mistake "5: it said that it was done, and $REPLY on host1 has not made way"
		;;
	esac
}
