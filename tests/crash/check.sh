# shellcheck shell=bash
# What must be so after a crash, and after the recovery from it. Sourced by run. It reads the real state
# of both hosts, and knows nothing of zrep but its promises; the numbers are those of the invariants in DESIGN.md:
#
#   2 no data is destroyed that was not provably on the other side
#   3 both sides always hold a common base, or the source has a bookmark of what the destination holds
#   4 a replica is changed only by receive and expire
#   5 every command can be run again
#   6 what zrep did not create is not destroyed, renamed or rolled back
#
# `pairs` holds "SOURCE DESTINATION" each, on host1 and on host2. What host2 passes on to host1 again under the tag bc
# is in `onward`, in the same way. `wrong` collects what was found.

# st[WHEN HOST NAME FIELD] is the state that look() saw, snaps_of[WHEN HOST DATASET] the parts behind the @.
declare -A st snaps_of
# called[HOST NAME] is what a dataset that is still called NAME there is to be called: it is taken for that one.
declare -A called
onward=() wrong=()
wrong() { wrong+=("$*"); }

readonly fields=(guid createtxg written userrefs readonly receive_resume_token {zrep,bc}:{master,sent,error,src-fs,dest-fs}
	{zrep,bc}:{savecount,paused})

# each_leg CMD...: for host1 to host2, and for what is passed on from there.
each_leg() {
	local tag=zrep from=host1 to=host2
	"$@"
	[[ ${#onward[@]} -gt 0 ]] || return 0
	local pairs=("${onward[@]}")
	tag=bc from=host2 to=host1
	"$@"
}

is_own() { [[ $1 =~ ^zrep_[0-9a-f]{6,10}(_unsent)?$ ]]; }

# look WHEN: reads the pairs on both hosts. host2 first: what is there must have come from host1.
look() {
	local when=$1 key pair src=() dst=()
	for key in "${!st[@]}"; do [[ $key != "$when "* ]] || unset "st[$key]"; done
	for key in "${!snaps_of[@]}"; do [[ $key != "$when "* ]] || unset "snaps_of[$key]"; done
	for pair in "${pairs[@]}"; do
		src+=("${pair% *}")
		dst+=("${pair#* }")
	done
	for pair in "${onward[@]}"; do src+=("${pair#* }"); done
	look_at "$when" host2 "${dst[@]}"
	look_at "$when" host1 "${src[@]}"
}

look_at() {
	local when=$1 host=$2 row rows name i key also=() IFS
	local -A real=()
	shift 2
	for key in "${!called[@]}"; do [[ $key != "$host "* ]] || also+=("${key#* }"); done
	IFS=,
	ask rows "$LAB_DIR/$host/sock" "${fields[*]}" "$@" "${also[@]}"
	IFS=$' \t\n'
	mapfile -t rows <"$work/answer"
	for row in "${rows[@]}"; do
		IFS=$'\t'
		# shellcheck disable=SC2206 # none of them is empty, but perhaps the last
		row=($row)
		IFS=$' \t\n'
		name=${row[0]}
		i=${called[$host ${name%@*}]:-${name%@*}}
		[[ ${real[$i]:-${name%@*}} == "${name%@*}" ]] || wrong "6: $i and ${real[$i]} on $host are one and the same"
		real[$i]=${name%@*}
		name=$i${name#"${name%@*}"}
		for i in "${!fields[@]}"; do st[$when $host $name ${fields[i]}]=${row[i + 1]}; done
		if [[ $name == *@* ]]; then
			snaps_of[$when $host ${name%@*}]+="${name#*@} "
			st[$when $host $name holds]=${row[${#fields[@]} + 1]:-}
		fi
	done
}

# at WHEN HOST NAME FIELD: a number, 0 where there is none.
at() {
	local v=${st[$1 $2 $3 $4]:-}
	[[ $v == [0-9]* ]] || v=0
	printf '%s' "$v"
}

# guids WHEN HOST DATASET: in $REPLY, a blank around each.
guids() {
	local s
	REPLY=' '
	for s in ${snaps_of[$1 $2 $3]:-}; do REPLY+="${st[$1 $2 $3@$s guid]:-} "; done
}

# common WHEN SOURCE DESTINATION: in $REPLY the newest snapshot of the source that both sides hold for zrep.
common() {
	local s d held=' '
	REPLY=
	for d in ${snaps_of[$1 $to $3]:-}; do
		[[ ${st[$1 $to $3@$d holds]:-} != *" $tag "* ]] || held+="${st[$1 $to $3@$d guid]:-} "
	done
	for s in ${snaps_of[$1 $from $2]:-}; do
		[[ ${st[$1 $from $2@$s holds]:-} != *" $tag "* || $held != *" ${st[$1 $from $2@$s guid]:-} "* ]] || REPLY=$s
	done
}

# --- at every moment ---

# gone HOST DATASET OTHER-HOST OTHER-DATASET: what does not exist any more.
gone() {
	local host=$1 ds=$2 ohost=$3 ods=$4 s t own newer
	guids now "$host" "$ds"; local now_here=$REPLY
	guids before "$ohost" "$ods"; local there=$REPLY
	guids now "$ohost" "$ods"; there+=$REPLY
	for s in ${snaps_of[before $host $ds]:-}; do
		local guid=${st[before $host $ds@$s guid]:-}
		if [[ $now_here == *" $guid "* ]]; then
			[[ ${st[now $host $ds@$s guid]:-} == "$guid" ]] || wrong "6: $ds@$s on $host was renamed"
			[[ ${st[before $host $ds@$s holds]:-} != *' mine '* || ${st[now $host $ds@$s holds]:-} == *' mine '* ]] ||
				wrong "6: the hold \"mine\" on $ds@$s on $host was released"
			continue
		fi
		[[ " ${may_go[*]} " != *" $host:$ds@$s "* ]] || continue
		if ! is_own "$s"; then
			wrong "6: $ds@$s on $host is gone, and was not zrep's"
			continue
		fi
		[[ $host == "$to" || $there == *" $guid "* ]] || wrong "2: $ds@$s on $host is gone, and was nowhere else"
		own=0
		for t in ${snaps_of[now $host $ds]:-}; do
			newer=${st[now $host $ds@$t createtxg]:-}
			! is_own "$t" || [[ $newer -lt ${st[before $host $ds@$s createtxg]:-} ]] || own=$((own + 1))
		done
		[[ $own -ge $(at before "$host" "$ds" "$tag:savecount") ]] ||
			wrong "2: $ds@$s on $host is gone, and only $own newer ones are there"
	done
}

# come SOURCE DESTINATION: what was not there before.
come() {
	local src=$1 dst=$2 s was theirs
	guids before "$from" "$src"; was=$REPLY
	for s in ${snaps_of[now $from $src]:-}; do
		is_own "$s" || [[ $was == *" ${st[now $from $src@$s guid]:-} "* ]] || wrong "6: $src@$s on $from came from nowhere"
	done
	guids now "$from" "$src"; theirs=$was$REPLY
	guids before "$to" "$dst"; was=$REPLY
	for s in ${snaps_of[now $to $dst]:-}; do
		# What has arrived may have been given up at the source meanwhile, as this story's command does.
		[[ $story != release || -z ${st[now $to $dst@$s $tag:sent]:-} ]] || continue
		[[ $was$theirs == *" ${st[now $to $dst@$s guid]:-} "* ]] || wrong "4: $dst@$s on $to was not received from $from"
	done
}

replica() {
	local dst=$1
	[[ -n ${st[now $to $dst guid]:-} ]] || return 0
	[[ ${st[now $to $dst $tag:master]:-} == - ]] || wrong "1: $dst on $to believes to be master"
	[[ -z ${st[before $to $dst guid]:-} || ${st[now $to $dst guid]:-} == "${st[before $to $dst guid]:-}" ]] ||
		wrong "4: $dst on $to is another dataset"
	# What was there, and writable, is not zrep's before it says so; doctor finds it writable, and mends one thing after another.
	[[ ${st[now $to $dst readonly]:-} == on || ($story == doctor && ${st[before $to $dst readonly]:-} == off) || -n ${st[now $to $dst receive_resume_token]#-} ||
		(${st[before $to $dst readonly]:-} == off && ${st[now $to $dst $tag:src-fs]:-} == -) ]] ||
		wrong "4: $dst on $to is writable"
	[[ ${st[now $to $dst written]:-} == 0 || ${st[before $to $dst written]:-0} != 0 || -z ${snaps_of[now $to $dst]:-} ||
		-n ${halfway:-} ]] ||
		wrong "4: ${st[now $to $dst written]:-} bytes were written to $dst on $to"
}

# bookmarked SOURCE DESTINATION: the source has a bookmark of what the destination holds. (Whoever gave the snapshot up.)
bookmarked() {
	local d held=' ' guid
	for d in ${snaps_of[now $to $2]:-}; do
		[[ ${st[now $to $2@$d holds]:-} != *" $tag "* ]] || held+="${st[now $to $2@$d guid]:-} "
	done
	for guid in $(on "$from" zfs get -Hp -d 1 -t bookmark -o value guid "$1" 2>/dev/null); do
		[[ $held != *" $guid "* ]] || return 0
	done
	return 1
}

# is_led WHEN SOURCE: it is a master. (What is below one inherits the property, and names that do not fit.)
is_led() { [[ ${st[$1 $from $2 $tag:master]:-} == yes && ${st[$1 $from $2 $tag:src-fs]:-} == "$2" ]]; }

# bound SOURCE DESTINATION: what they had in common from the beginning they must still have.
bound() {
	common before "$1" "$2"
	if [[ -n $REPLY ]] || ! is_led before "$1"; then
		common now "$1" "$2"
		[[ -n $REPLY ]] || bookmarked "$1" "$2" || wrong "3: $1 and $2 hold no common base"
	fi
	[[ ${st[now $to $2 $tag:src-fs]:-} == "$1" ]] || { is_led before "$1" && [[ ${st[before $to $2 $tag:src-fs]:-} != "$1" ]]; } ||
		wrong "3: $2 on $to does not know its source"
}

check_always() {
	each_leg check_pairs
	! declare -F "${story}_always" >/dev/null || "${story}_always"
}
check_pairs() {
	local pair src dst
	for pair in "${pairs[@]}"; do
		src=${pair% *} dst=${pair#* }
		if [[ -z ${st[now $from $src guid]:-} ]]; then
			wrong "6: $src on $from is gone"
			continue
		fi
		gone "$from" "$src" "$to" "$dst"
		gone "$to" "$dst" "$from" "$src"
		come "$src" "$dst"
		replica "$dst"
		! is_led before "$src" || is_led now "$src" || wrong "1: $src on $from is no master any more"
		! is_led now "$src" || bound "$src" "$dst"
		unwritten "$src"
	done
}

# others HOST [FILE DATASET NAME]...: in the array `others` the numbers of those that are not the same there.
others() {
	local i
	others=()
	[[ $# -gt 1 ]] || return 0
	if ask same "$LAB_DIR/$1/sock" "${@:2}"; then
		# shellcheck disable=SC2206 # numbers
		others=($answer)
	else
		for ((i = 0; i < ($# - 1) / 3; i++)); do others+=("$i"); done
	fi
}

# What a user wrote on the master is there as it was.
unwritten() {
	local file ask=()
	for file in "$files/${1//\//_}".*; do
		[[ ! -e $file ]] || ask+=("$file" "$1" "${file##*.}")
	done
	others "$from" "${ask[@]}"
	for file in "${others[@]}"; do wrong "6: file ${ask[file * 3 + 2]} of $1 on $from was changed"; done
}

# --- when all is done ---

# check_settled: after the command and a sync, nothing shows any more that there was a crash.
check_settled() {
	each_leg check_settled_pairs
	! declare -F "${story}_end" >/dev/null || "${story}_end"
}
check_settled_pairs() {
	local pair src dst s host ds own held
	for pair in "${pairs[@]}"; do
		src=${pair% *} dst=${pair#* }
		common now "$src" "$dst"
		local base=$REPLY
		set -- ${snaps_of[now $from $src]:-}
		[[ ${!#} == "$base" ]] || wrong "3: the base $base is not the newest snapshot of $src on $from (${!#})"
		set -- ${snaps_of[now $to $dst]:-}
		[[ ${!#} == "$base" ]] || wrong "3: the base $base is not the newest snapshot of $dst on $to (${!#})"
		is_led now "$src" || wrong "5: $src on $from is not the master"
		[[ ${st[now $from $src $tag:dest-fs]:-} == "$dst" && ${st[now $to $dst $tag:src-fs]:-} == "$src" ]] ||
			wrong "5: $src and $dst do not name each other"
		[[ ${st[now $from $src written]:-} == 0 ]] || wrong "5: ${st[now $from $src written]:-} bytes of $src were not sent"
		[[ ${st[now $to $dst written]:-} == 0 ]] || wrong "4: $dst on $to was written to"
		[[ ${st[now $to $dst readonly]:-} == on ]] || wrong "4: $dst on $to is writable"
		[[ ${st[now $to $dst receive_resume_token]:-} == - ]] || wrong "5: $dst on $to has a partial receive left"
		[[ ${st[now $from $src $tag:error]:-} == - ]] || wrong "5: $src still says: ${st[now $from $src $tag:error]:-}"
		for host in "$from" "$to"; do
			ds=$src
			[[ $host == "$from" ]] || ds=$dst
			own=0 held=
			for s in ${snaps_of[now $host $ds]:-}; do
				[[ ${st[now $host $ds@$s holds]:-} != *" $tag "* ]] || held+=" $s"
				! is_own "$s" || [[ ${st[now $host $ds@$s holds]:-} == *' mine '* ]] || own=$((own + 1))
			done
			[[ $held == " $base" ]] || wrong "5: zrep holds$held of $ds on $host, not only $base"
			[[ $own -le $(($(at now "$host" "$ds" "$tag:savecount") + spare)) ]] || wrong "5: $ds on $host keeps $own snapshots of zrep's"
			[[ ${st[now $host $ds@$base $tag:sent]:-} != - ]] || wrong "5: $ds@$base on $host is not marked as sent"
		done
		foreign_arrived "$src" "$dst"
		same_data "$src" "$dst"
	done
}

foreign_arrived() {
	local s
	# A first copy is of one snapshot; another tag has none of others.
	is_led before "$1" && [[ $tag == zrep ]] || return 0
	guids now "$to" "$2"
	for s in ${snaps_of[before $from $1]:-}; do
		is_own "$s" || [[ $REPLY == *" ${st[before $from $1@$s guid]:-} "* ]] ||
			wrong "5: $1@$s did not arrive on $to"
	done
}

# The files of the dataset, and the file f of the foreign snapshot "mine-...", which was made after f was written.
same_data() {
	local src=$1 dst=$2 file s ask=()
	for file in "$files/${src//\//_}".*; do
		[[ ! -e $file ]] || ask+=("$file" "$dst" "${file##*.}")
	done
	for s in ${snaps_of[now $to $dst]:-}; do
		[[ $s != mine-* ]] || ask+=("$files/${src//\//_}.f" "$dst@$s" f)
	done
	others "$to" "${ask[@]}"
	for s in "${others[@]}"; do
		wrong "5: file ${ask[s * 3 + 2]} of ${ask[s * 3 + 1]} on $to differs from that of $src"
	done
}
