#!/bin/bash
# check never lies. Pairs of some kinds, to which some of what lib-truth.sh has has happened, two or three at a time: where
# check says OK on both hosts, a failover succeeds, and then the data can be read and written, has the properties that it
# had, and is synced back. Where it does not, it names one of them.
# TRUTH_SEED chooses, TRUTH_TRIES says how many; TRUTH_ONLY="KIND NAME..." tells one, TRUTH_ONLY=single each by itself;
# TRUTH_KINDS="KIND..." only pairs of these kinds, TRUTH_NAMES="NAME..." only of these; TRUTH_WAYS of these, of which one that is
# told alone has the first: failover, takeover, and lost, when the master's host dies after check was asked.
# limit: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-truth.sh"

state=${TRUTH_SEED:-1}
rnd() { state=$(((state * 1103515245 + 12345) & 0x7fffffff)) && REPLY=$(((state >> 8) % $1)); }
read -ra kinds <<<"${TRUTH_KINDS:-plain tree secret forest volume tags old}"
read -ra ways <<<"${TRUTH_WAYS:-failover takeover lost}"
way=${ways[0]}
word=11111111 own_word=''
properties=compression,recordsize,xattr,acltype,sync,checksum,copies,quota,refquota,reservation,volsize,atime,snapdir
properties+=,logbias,primarycache,redundant_metadata,special_small_blocks,dnodesize,snapshot_limit,filesystem_limit

# parts HOST: of the pair.
parts() { on "$1" zfs list -Ho name -r -t filesystem,volume "$d" | grep -v -e "/out$" -e _gone_ -e _kept_; }
is_volume() { [[ $kind == volume || $(prop "$1" "$2" type) == volume ]]; }
# write HOST DATASET TEXT
write() {
	if is_volume "$1" "$2"; then head -c 4096 < <(yes "$3") | put "$1" "$2" 0
	else echo "$3" | put "$1" "$2" file; fi
}
put_all() { # TEXT
	local p
	for p in $(parts host1); do write host1 "$p" "$1 $p"; done
}
look() { if is_volume "$1" "$2"; then get "$1" "$2" 0+4096; else get "$1" "$2" file; fi; }
# unlock: every key that is not loaded, as an administrator who knows them would.
unlock() {
	local host p w
	[[ $kind == secret || $kind == forest ]] || return 0
	for host in host1 host2; do
		for p in $(on "$host" zfs list -Ho encryptionroot,keystatus -r "$d" 2>/dev/null | awk '$2 == "unavailable" { print $1 }' | sort -u); do
			for w in "$word" "$own_word" 11111111 22222222 33333333; do
				[[ -n $w ]] || continue
				! on "$host" sh -c 'echo "$1" | zfs load-key "$2"' sh "$w" "$p" 2>/dev/null || break
			done
		done
	done
}
# age: host2's pool lacks what came to OpenZFS after its first version. rejuvenate: it lacks nothing.
pool_of_host2() {
	on host2 zpool destroy tank
	on host2 zpool create "$@" -o ashift=12 -O mountpoint=none -O compression=off tank "$LAB_DIR/host2/pool"
	aged=$1
}
age() {
	local x features=(-d)
	for x in async_destroy empty_bpobj lz4_compress spacemap_histogram enabled_txg hole_birth extensible_dataset embedded_data bookmarks filesystem_limits; do
		features+=(-o "feature@$x=enabled")
	done
	pool_of_host2 "${features[@]}"
}
begin() {
	word=11111111 own_word='' late=true
	local secret='echo 11111111 | zfs create -o encryption=on -o keyformat=passphrase "$1"'
	case $kind in
	plain | tags) on host1 zfs create "$d" ;;
	old) age; on host1 zfs create "$d" ;;
	tree) on host1 zfs create -p "$d/child/deep" ;;
	secret) on host1 sh -c "$secret" sh "$d" ;;
	forest) on host1 sh -c "$secret" sh "$d"; on host1 zfs create "$d/child" ;;
	volume) on host1 zfs create -V 32M "$d" ;;
	esac
	put_all first
	if [[ $kind == tree || $kind == forest ]]; then zrep init -R "$d" host2 "$d"; else zrep init "$d" host2 "$d"; fi
	[[ $kind != tags ]] || zrep -t c init "$d" host2 "tank/c${d#tank/}"
	unlock
	put_all second
	zrep sync "$d"
}
over() {
	local host
	[[ ! -e $LAB_DIR/host2/ssh ]] || mv "$LAB_DIR/host2/ssh" "$LAB_DIR/host2/bin/ssh"
	on host1 zfs list tank >/dev/null 2>&1 || "$LAB" start host1
	for host in host1 host2; do
		unhook "$host"
		settings "$host"
		on "$host" sh -c 'zpool get -Ho value readonly tank | grep -qx off || { zpool export tank; zpool import -d "$1" tank; }
			zpool checkpoint -d -w tank 2>/dev/null
			zfs get -Hs local -o property all tank | while read -r p; do
				case $p in
				mountpoint | compression) ;;
				quota | *_limit | *reservation) zfs set "$p=none" tank ;;
				*) zfs inherit "$p" tank ;;
				esac
			done
			zfs set compression=off tank
			for s in $(zfs list -rHt snapshot -o name tank); do zfs holds -H "$s" | while read -r n t _; do zfs release "$t" "$n"; done; done
			for f in $(zfs list -Hd1 -o name tank | grep /); do zfs destroy -R "$f" 2>/dev/null; done; true' sh "$LAB_DIR/$host"
	done
	[[ -z $aged ]] || pool_of_host2 -f
	aged=''
}

# sum HOST DATASET: of what it is; "locked" if it cannot be read.
sum() { local s; if s=$(look "$1" "$2" 2>/dev/null | md5sum); then echo "${s%% *}"; else echo locked; fi; }
# remember HOST: what each of the pair is there. In `want`.
remember() {
	local p
	want=()
	for p in $(parts "$1"); do
		want+=("$p" "$(sum "$1" "$p")" "$(on "$1" zfs get -Hpo property,value "$properties" "$p" 2>/dev/null | tr '\n\t' ' =' || true)")
	done
}

# move: the role goes to host2, on the way that was chosen.
move() {
	case $way in
	failover) said=$(zrep failover "$d" 2>&1) ;;
	takeover) said=$(on host2 zrep takeover "$d" 2>&1) ;;
	lost)
		"$LAB" kill host1
		said=$(on host2 zrep -y takeover -L "$d" 2>&1) || return 1
		;;
	esac
}
# back: host1 has what is written then.
back() {
	if [[ $way == lost ]]; then
		"$LAB" start host1 && unlock
		said=$(zrep -y rejoin "$d" 2>&1) || return 1
	fi
	said=$(on host2 zrep sync "$d" 2>&1)
}

# ok: what must be so after an OK. In `wrong` what is not.
ok() {
	local p had there
	wrong=''
	move || { wrong="$way: $said"; return; }
	for ((p = 0; p < ${#want[@]}; p += 3)); do
		there=$(sum host2 "${want[p]}")
		[[ $there != locked && (${want[p + 1]} == locked || $there == "${want[p + 1]}") ]] || { wrong="${want[p]} on host2 is not what it was: $(look host2 "${want[p]}" 2>&1 | head -c 200 || true)"; return; }
		had=$(on host2 zfs get -Hpo property,value "$properties" "${want[p]}" 2>/dev/null | tr '\n\t' ' =')
		[[ $way == lost || $had == "${want[p + 2]}" ]] || { wrong="properties of ${want[p]}: ${want[p + 2]} became $had"; return; }
		write host2 "${want[p]}" new || { wrong="${want[p]} on host2 cannot be written to"; return; }
	done
	back || { wrong="sync back: $said"; return; }
	unlock
	for ((p = 0; p < ${#want[@]}; p += 3)); do
		cmp -s <(look host1 "${want[p]}") <(look host2 "${want[p]}") || { wrong="${want[p]} was not synced back"; return; }
	done
}

# one NUMBER KIND NAME...
one() {
	local n=$1 here there name told=''
	d=tank/t$n kind=$2
	shift 2
	begin >"$WORK/log" 2>&1 || { cat "$WORK/log"; fail "the pair cannot be made: $kind"; }
	for name; do
		"i_$name" >>"$WORK/log" 2>&1 && continue
		# What happened before may forbid it: a held snapshot on the replica refuses the sync that another one needs.
		[[ $name != "$1" || ${TRUTH_ONLY:-} == single ]] || { cat "$WORK/log"; fail "cannot be done: $kind $name"; }
		echo "$n $kind: $*: $name cannot be done after what was before it"
		void=$((void + 1))
		over >/dev/null 2>&1
		return
	done
	# Without its master it is what came last, and has the properties that came with that.
	if [[ $way == lost ]]; then remember host2; else remember host1; fi
	"$late" >>"$WORK/log" 2>&1 || true
	on host1 zpool sync
	here=$(zrep check -v "$d" 2>&1) && there=$(on host2 zrep check -v "$d" 2>&1) && told=ok
	if [[ $told == ok ]]; then
		ok
		if [[ -n $wrong ]]; then
			echo "$here"; echo "$wrong"; echo "LIED: TRUTH_WAYS=$way TRUTH_ONLY=\"$kind $*\""
			lies=$((lies + 1))
		fi
		oks=$((oks + 1))
	else
		told=$here$'\n'${there:-}
		for name; do [[ ${about[$name]} == - || ! $told =~ (${about[$name]}) ]] || { name=''; break; }; done
		if [[ -n $name ]]; then
			echo "$told"; echo "NAMES NONE: TRUTH_ONLY=\"$kind $*\""
			lies=$((lies + 1))
		fi
		named=$((named + 1))
		told='told'
	fi
	echo "$n $kind, $way: $*: $told"
	over >/dev/null 2>&1
}

oks=0 named=0 lies=0 void=0 n=0 aged=''
mapfile -t all < <(printf '%s\n' "${!about[@]}" | LC_ALL=C sort)
[[ -z ${TRUTH_NAMES:-} ]] || read -ra all <<<"$TRUTH_NAMES"
if [[ ${TRUTH_ONLY:-} == single ]]; then
	for k in "${kinds[@]}"; do
		for x in "${all[@]}"; do
			[[ " ${fits[$x]} " != *" $k "* ]] || for way in "${ways[@]}"; do one "$((++n))" "$k" "$x"; done
		done
	done
elif [[ -n ${TRUTH_ONLY:-} ]]; then
	read -ra words <<<"$TRUTH_ONLY"
	one 0 "${words[@]}"
else
	# What cannot be made is made up for.
	for ((n = 1; oks + named < ${TRUTH_TRIES:-6}; n++)); do
		rnd ${#kinds[@]}
		k=${kinds[REPLY]} chosen=()
		rnd ${#ways[@]}
		way=${ways[REPLY]}
		rnd 2
		want=$((REPLY + 2))
		while [[ ${#chosen[@]} -lt $want ]]; do
			rnd ${#all[@]}
			[[ " ${fits[${all[REPLY]}]} " != *" $k "* || " ${chosen[*]} " == *" ${all[REPLY]} "* ]] || chosen+=("${all[REPLY]}")
		done
		one "$n" "$k" "${chosen[@]}"
	done
fi
echo "of $((oks + named)) pairs check said OK of $oks, and told of $named what was wrong; $void could not be made"
[[ $((oks + named)) -ge $void ]] || fail "$void of $((oks + named + void)) could not be made: this tries too little"
[[ $lies -eq 0 ]] || fail "check lied $lies times"
