# shellcheck shell=bash
# What must be so after a crash, and after the recovery from it. Sourced by run. It reads the real state
# of both hosts, and knows nothing of zrep but its promises; the numbers are those of the invariants in DESIGN.md:
#
#   2 no data is destroyed that was not provably on the other side
#   3 both sides always hold a common base
#   4 a replica is changed only by receive and expire
#   5 every command can be run again
#   6 what zrep did not create is not destroyed, renamed or rolled back
#
# `pairs` holds "SOURCE DESTINATION" each; `wrong` collects what was found.

# st[WHEN HOST NAME FIELD] is the state that look() saw, snaps_of[WHEN HOST DATASET] the parts behind the @.
declare -A st snaps_of
wrong=()
wrong() { wrong+=("$*"); }

readonly fields=(guid createtxg written userrefs readonly receive_resume_token zrep:master zrep:sent zrep:error
	zrep:src-fs zrep:savecount)

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
	look_at "$when" host2 "${dst[@]}"
	look_at "$when" host1 "${src[@]}"
}

look_at() {
	local when=$1 host=$2 held=() row name i columns=name
	shift 2
	for i in "${fields[@]}"; do columns+=,$i; done
	while IFS=$'\t' read -ra row; do
		name=${row[0]}
		for i in "${!fields[@]}"; do st[$when $host $name ${fields[i]}]=${row[i + 1]}; done
		if [[ $name == *@* ]]; then
			snaps_of[$when $host ${name%@*}]+="${name#*@} "
			[[ ${row[4]} == 0 ]] || held+=("$name")
		fi
	done < <(on "$host" zfs list -Hp -d 1 -t filesystem,snapshot -s createtxg -o "$columns" "$@" 2>/dev/null)
	[[ ${#held[@]} -gt 0 ]] || return 0
	while read -r name i _; do
		st[$when $host $name holds]+=" $i "
	done < <(on "$host" zfs holds -Hp "${held[@]}" 2>/dev/null)
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

# common SOURCE DESTINATION: in $REPLY the newest snapshot of the source that both sides hold for zrep.
common() {
	local s d held=' '
	REPLY=
	for d in ${snaps_of[now host2 $2]:-}; do
		[[ ${st[now host2 $2@$d holds]:-} != *' zrep '* ]] || held+="${st[now host2 $2@$d guid]:-} "
	done
	for s in ${snaps_of[now host1 $1]:-}; do
		[[ ${st[now host1 $1@$s holds]:-} != *' zrep '* || $held != *" ${st[now host1 $1@$s guid]:-} "* ]] || REPLY=$s
	done
}

# --- at every moment ---

# gone HOST DATASET OTHER-HOST OTHER-DATASET: what is not there any more.
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
		[[ $host == host2 || $there == *" $guid "* ]] || wrong "2: $ds@$s on $host is gone, and was nowhere else"
		own=0
		for t in ${snaps_of[now $host $ds]:-}; do
			newer=${st[now $host $ds@$t createtxg]:-}
			! is_own "$t" || [[ $newer -lt ${st[before $host $ds@$s createtxg]:-} ]] || own=$((own + 1))
		done
		[[ $own -ge $(at before "$host" "$ds" zrep:savecount) ]] ||
			wrong "2: $ds@$s on $host is gone, and only $own newer ones are there"
	done
}

# come SOURCE DESTINATION: what was not there before.
come() {
	local src=$1 dst=$2 s was theirs
	guids before host1 "$src"; was=$REPLY
	for s in ${snaps_of[now host1 $src]:-}; do
		is_own "$s" || [[ $was == *" ${st[now host1 $src@$s guid]:-} "* ]] || wrong "6: $src@$s on host1 came from nowhere"
	done
	guids now host1 "$src"; theirs=$was$REPLY
	guids before host2 "$dst"; was=$REPLY
	for s in ${snaps_of[now host2 $dst]:-}; do
		[[ $was$theirs == *" ${st[now host2 $dst@$s guid]:-} "* ]] || wrong "4: $dst@$s on host2 was not received from host1"
	done
}

replica() {
	local dst=$1
	[[ -n ${st[now host2 $dst guid]:-} ]] || return 0
	[[ ${st[now host2 $dst zrep:master]:-} == - ]] || wrong "1: $dst on host2 believes to be master"
	[[ -z ${st[before host2 $dst guid]:-} || ${st[now host2 $dst guid]:-} == "${st[before host2 $dst guid]:-}" ]] ||
		wrong "4: $dst on host2 is another dataset"
	# What was there, and writable, is not zrep's before it says so.
	[[ ${st[now host2 $dst readonly]:-} == on || -n ${st[now host2 $dst receive_resume_token]#-} ||
		(${st[before host2 $dst readonly]:-} == off && ${st[now host2 $dst zrep:src-fs]:-} == -) ]] ||
		wrong "4: $dst on host2 is writable"
	[[ ${st[now host2 $dst written]:-} == 0 || ${st[before host2 $dst written]:-0} != 0 || -z ${snaps_of[now host2 $dst]:-} ]] ||
		wrong "4: ${st[now host2 $dst written]:-} bytes were written to $dst on host2"
}

check_always() {
	local pair src dst
	for pair in "${pairs[@]}"; do
		src=${pair% *} dst=${pair#* }
		if [[ -z ${st[now host1 $src guid]:-} ]]; then
			wrong "6: $src on host1 is gone"
			continue
		fi
		gone host1 "$src" host2 "$dst"
		gone host2 "$dst" host1 "$src"
		come "$src" "$dst"
		replica "$dst"
		[[ ${st[before host1 $src zrep:master]:-} == "${st[now host1 $src zrep:master]:-}" ||
			${st[before host1 $src zrep:master]:-} == - ]] || wrong "1: $src on host1 is no master any more"
		if [[ ${st[now host1 $src zrep:master]:-} == yes ]]; then
			common "$src" "$dst"
			[[ -n $REPLY ]] || wrong "3: $src and $dst hold no common base"
			[[ ${st[now host2 $dst zrep:src-fs]:-} == "$src" ]] || wrong "3: $dst on host2 does not know its source"
		fi
		unwritten "$src"
	done
}

# What a user wrote on the master is there as it was.
unwritten() {
	local file
	for file in "$files/${1//\//_}".*; do
		[[ -e $file ]] || continue
		uzctl host1 get "$1" "${file##*.}" 2>/dev/null | cmp -s - "$file" || wrong "6: file ${file##*.} of $1 on host1 was changed"
	done
}

# --- when all is done ---

# check_settled: after the command and a sync, nothing shows any more that there was a crash.
check_settled() {
	local pair src dst s host ds own held
	for pair in "${pairs[@]}"; do
		src=${pair% *} dst=${pair#* }
		common "$src" "$dst"
		local base=$REPLY
		set -- ${snaps_of[now host1 $src]:-}
		[[ ${!#} == "$base" ]] || wrong "3: the base $base is not the newest snapshot of $src on host1 (${!#})"
		set -- ${snaps_of[now host2 $dst]:-}
		[[ ${!#} == "$base" ]] || wrong "3: the base $base is not the newest snapshot of $dst on host2 (${!#})"
		[[ ${st[now host1 $src written]:-} == 0 ]] || wrong "5: ${st[now host1 $src written]:-} bytes of $src were not sent"
		[[ ${st[now host2 $dst written]:-} == 0 ]] || wrong "4: $dst on host2 was written to"
		[[ ${st[now host2 $dst readonly]:-} == on ]] || wrong "4: $dst on host2 is writable"
		[[ ${st[now host2 $dst receive_resume_token]:-} == - ]] || wrong "5: $dst on host2 has a partial receive left"
		[[ ${st[now host1 $src zrep:error]:-} == - ]] || wrong "5: $src still says: ${st[now host1 $src zrep:error]:-}"
		for host in host1 host2; do
			ds=$src
			[[ $host == host1 ]] || ds=$dst
			own=0 held=
			for s in ${snaps_of[now $host $ds]:-}; do
				[[ ${st[now $host $ds@$s holds]:-} != *' zrep '* ]] || held+=" $s"
				! is_own "$s" || [[ ${st[now $host $ds@$s holds]:-} == *' mine '* ]] || own=$((own + 1))
			done
			[[ $held == " $base" ]] || wrong "5: zrep holds$held of $ds on $host, not only $base"
			[[ $own -le $(at now "$host" "$ds" zrep:savecount) ]] || wrong "5: $ds on $host keeps $own snapshots of zrep's"
			[[ ${st[now $host $ds@$base zrep:sent]:-} != - ]] || wrong "5: $ds@$base on $host is not marked as sent"
		done
		foreign_arrived "$src" "$dst"
		same_data "$src" "$dst"
	done
}

foreign_arrived() {
	local s
	guids now host2 "$2"
	for s in ${snaps_of[before host1 $1]:-}; do
		is_own "$s" || [[ $REPLY == *" ${st[before host1 $1@$s guid]:-} "* || $story == init* ]] ||
			wrong "5: $1@$s did not arrive on host2"
	done
}

# The files of the dataset, and the file f of the foreign snapshot "mine-...", which was made after f was written.
same_data() {
	local src=$1 dst=$2 file s
	for file in "$files/${src//\//_}".*; do
		[[ -e $file ]] || continue
		uzctl host2 get "$dst" "${file##*.}" 2>/dev/null | cmp -s - "$file" || wrong "5: file ${file##*.} of $dst on host2 differs from $src"
	done
	for s in ${snaps_of[now host2 $dst]:-}; do
		[[ $s == mine-* ]] || continue
		uzctl host2 get "$dst@$s" f 2>/dev/null | cmp -s - "$files/${src//\//_}.f" || wrong "5: file f of $dst@$s on host2 differs"
	done
}
