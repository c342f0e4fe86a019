# shellcheck shell=bash
# Stories of the verbs beside sync and init, and of the ways to begin a pair with what is there. Sourced by run;
# stories.sh says what a story is made of.

stories+=(refresh halves back relay expire-keep release doctor init-snap init-over init-seed sentsync)
about+=(
	[refresh]='two datasets, fetched by the host of the replicas'
	[halves]='snaponly, then synconly, of two datasets'
	[back]='sync DATASET@SNAP: the other side goes back, and this one is paused'
	[relay]='A to B to C: what B has from A is passed on'
	[expire-keep]='more snapshots than savecount, and the oldest is kept by zrep:keep'
	[release]='what is kept for the replica is given up, then a sync goes on from the bookmark'
	[doctor]='what is odd on both sides, and nobody'"'"'s decision, is mended'
	[init-snap]='a first copy, of a snapshot of somebody'"'"'s'
	[init-over]='init -f: a first copy over what was made by hand'
	[init-seed]='the copy was carried there on a disk'
	[sentsync]='the same, of a pair that is stored already'
)
size+=(
	[refresh]='52 10 50 8 42' [halves]='140 11 50 8 36' [back]='29 5 29 5 16' [relay]='25 4 33 5 20'
	[release]='120 12 60 8 30' [expire-keep]='63 1 33 1 8' [doctor]='205 6 214 7 18' [init-snap]='42 5 59 5 14' [init-over]='43 6 90 6 19'
	[init-seed]='41 4 80 5 12' [sentsync]='22 3 80 5 12'
)

refresh_make() { sync_make; }
refresh_start() { sync_start; }
refresh_tell() {
	teller=host2 command=(zrep refresh)
	local pair
	for pair in "${pairs[@]}"; do command+=("${pair#* }"); done
}

halves_make() { sync_make; }
halves_start() { sync_start; }
halves_tell() {
	tell_sync
	# shellcheck disable=SC2016 # sh's own
	command=(sh -c 'zrep snaponly "$@" && zrep synconly "$@"' sh "${command[@]:2}")
}

# --- there and back ---

lasting+=(back_to newer)
back_make() { one_pair; }
back_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } s own
	on host1 zrep unpause "$src" >/dev/null && on host1 zrep sync "$src" >/dev/null || return 1
	look now
	read -ra own <<<"${snaps_of[now host1 $src]}"
	back_to=${own[-1]}
	write "$src" f 20000 && on host1 zfs snapshot "$src@mine-$telling" && write "$src" g 20000 &&
		on host1 zrep sync "$src" >/dev/null && write "$src" g 30000 && on host1 zrep sync "$src" >/dev/null || return 1
	look now
	newer=()
	for s in ${snaps_of[now host1 $src]}; do
		[[ ${st[now host1 $src@$s createtxg]} -le ${st[now host1 $src@$back_to createtxg]} ]] || newer+=("$s")
	done
	[[ ${#newer[@]} -eq 3 ]] || return 1
	may_go=("${newer[@]/#/host2:$dst@}")
	# Until it is rolled back, what destroyed snapshots had shows as written.
	halfway=1
}
back_tell() { teller=host1 command=(zrep -y sync "${pairs[0]% *}@$back_to"); }

# A sync that asks nobody must not bring back what was taken away.
back_always() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } s
	guids now host2 "$dst"
	for s in "${newer[@]}"; do
		[[ $REPLY == *" ${st[before host1 $src@$s guid]} "* || ${st[now host1 $src zrep:paused]:-} == yes ]] ||
			wrong "2: $dst on host2 has lost @$s, and $src on host1 is not paused"
	done
}

# sync_all: an ordinary one, of cron's. What is paused stays where it is.
back_sync_all() {
	local dst=${pairs[0]#* } paused=${st[now host1 ${pairs[0]% *} zrep:paused]:-} were=${snaps_of[now host2 ${pairs[0]#* }]:-}
	local command=(zrep sync all)
	tell "$1" || wrong "5: sync all exits with $?"
	look now
	[[ $paused != yes || ${snaps_of[now host2 $dst]:-} == "$were" ]] || wrong "4: a sync of all changed $dst on host2, which is paused"
}

back_recover() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } s
	look now
	[[ $((lot / 5 % 2)) -eq 0 ]] || back_sync_all "$work/1-sync-all"
	cut_again
	tell "$work/second" || wrong "5: run again, \`${command[*]}\` exits with $?"
	halfway=''
	look now
	check_always
	set -- ${snaps_of[now host2 $dst]:-}
	[[ ${!#} == "$back_to" ]] || wrong "5: $dst on host2 is not at @$back_to, but at @${!#}"
	[[ ${st[now host1 $src zrep:paused]:-} == yes ]] || wrong "5: $src on host1 is not paused"
	[[ ${st[now host2 $dst receive_resume_token]:-} == - ]] || wrong "5: $dst on host2 has a partial receive left"
	for s in host1\ "$src" host2\ "$dst"; do
		[[ ${st[now $s@$back_to holds]:-} == *' zrep '* ]] || wrong "3: @$back_to, the base, is not held: $s"
	done
	for s in "${newer[@]}"; do
		[[ ${st[now host1 $src@$s guid]:-} == "${st[before host1 $src@$s guid]}" ]] || wrong "2: $src@$s on host1 is gone"
		[[ ${st[now host1 $src@$s zrep:sent]:-} == - ]] || wrong "5: $src@$s on host1 is said to be on host2"
	done
	back_sync_all "$work/2-sync-all"
	on host1 zrep unpause "$src" >/dev/null || wrong "5: unpause exits with $?"
	tell_sync
	tell "$work/third" || wrong "5: afterwards, \`${command[*]}\` exits with $?"
}

# --- A to B to C ---

relay_names() { onward=("${pairs[0]#* } ${pairs[0]#* }-c"); }
relay_make() {
	one_pair && relay_names || return 1
	local b=${onward[0]% *} c=${onward[0]#* }
	on host2 zrep -t bc init "$b" host1 "$c" >/dev/null && on host2 zfs set bc:savecount=3 "$b" &&
		on host1 zfs set bc:savecount=3 "$c"
}
relay_start() {
	relay_names
	local a=${pairs[0]% *} i
	for i in 1 2; do
		write "$a" f 30000 && on host1 zfs snapshot "$a@mine-$telling-$i" && write "$a" g $((i * 200000)) &&
			on host1 zrep sync "$a" >/dev/null || return 1
		[[ $i -ne 1 ]] || on host1 zfs destroy "$a@mine-$telling-1" || return 1 # B has it, and f is another one by then
		[[ $i -ne 1 ]] || on host2 zfs destroy "${pairs[0]#* }@mine-$telling-1" || return 1
	done
	i=${onward[0]% *}
	cp "$files/${a//\//_}.f" "$files/${i//\//_}.f" && cp "$files/${a//\//_}.g" "$files/${i//\//_}.g"
}
relay_tell() { teller=host2 command=(zrep -t bc sync "${onward[0]% *}"); }
relay_always() {
	local s b=${onward[0]% *}
	[[ ${snaps_of[now host2 $b]:-} == "${snaps_of[before host2 $b]:-}" ]] || wrong "4: $b on host2 got, or lost, a snapshot"
	for s in ${snaps_of[now host2 $b]:-}; do
		[[ ${st[before host2 $b@$s holds]:-} != *' zrep '* || ${st[now host2 $b@$s holds]:-} == *' zrep '* ]] ||
			wrong "3: tag bc released the hold of zrep's on $b@$s on host2"
	done
}

# Who does not say that it was passed on would never expire it.
relay_end() {
	local said
	said=$(on host1 zfs list -Hpt snapshot -o bc:relayed,guid,name "${onward[0]#* }" | awk '$1 != $2')
	[[ -z $said ]] || wrong "5: on host1, what was passed on does not say so: ${said//$'\n'/, }"
}

# --- keep ---

expire-keep_make() { one_pair; }
expire-keep_start() {
	expire_start || return 1
	on host1 zfs set zrep:savecount=1 zrep:keep=99y "${pairs[0]% *}" &&
		on host2 zfs set zrep:savecount=1 zrep:keep=99y "${pairs[0]#* }" || return 1
	spare=1
}
expire-keep_tell() { expire_tell; }
# The oldest of a year is the oldest of all. (At the turn of a year, one of two.)
release_make() { one_pair; }
release_start() {
	local src=${pairs[0]% *} s
	write "$src" f 30000 && on host1 zfs snapshot "$src@mine-$telling" && on host1 zrep sync "$src" >/dev/null || return 1
	look now
	may_go=()
	for s in ${snaps_of[now host1 $src]}; do
		! is_own "$s" || may_go+=("host1:$src@$s")
	done
	write "$src" g 20000
}
release_tell() {
	# shellcheck disable=SC2016 # sh's own
	teller=host1 command=(sh -c 'zrep expire --release "$1" && zrep sync "$1"' sh "${pairs[0]% *}")
}

expire-keep_always() {
	local where s
	for where in "host1 ${pairs[0]% *}" "host2 ${pairs[0]#* }"; do
		for s in ${snaps_of[before $where]:-}; do
			is_own "$s" || continue
			[[ -n ${st[now $where@$s guid]:-} ]] || wrong "2: @$s was to be kept and is gone: $where"
			break
		done
	done
}

# --- doctor ---

doctor_make() { one_pair; }
doctor_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } own base
	look now
	own=$(next_own "$src")_unsent
	write "$src" f 20000 && on host1 zfs snapshot "$src@$own" && write "$src" f 30000 && on host1 zrep sync "$src" >/dev/null || return 1
	look now
	base=${snaps_of[now host1 $src]% }
	base=${base##* }
	[[ ${snaps_of[now host2 $dst]} == *"$own "* ]] || return 1
	may_go=("host1:$src@$own" "host2:$dst@$own")
	on host1 zfs inherit zrep:savecount "$src" && on host1 zfs inherit zrep:sent "$src@$base" &&
		on host1 zfs set zrep:lock-pid=999999 zrep:lock-time=20200101000000 "$src" &&
		on host2 zfs release zrep "$dst@$base" && on host2 zfs inherit zrep:src-fs "$dst" &&
		on host2 zfs set readonly=off "$dst"
}
doctor_tell() { teller=host1 command=(zrep doctor --fix "${pairs[0]% *}"); }
doctor_end() {
	doctor_tell
	command=(zrep doctor "${pairs[0]% *}")
	tell "$work/4-doctor" || wrong "5: something odd is left"
}

# --- beginnings ---

init-snap_make() { pairs=(); }
init-snap_start() { init_start; }
init-snap_tell() { teller=host1 command=(zrep init "${pairs[0]% *}@mine-1" host2 "${pairs[0]#* }"); }
init-snap_end() { init_end; }

lasting+=(child_guid)
init-over_make() { pairs=(); }
init-over_start() {
	init_start && write "${pairs[0]% *}" g 500000 || return 1
	local dst=${pairs[0]#* }
	head -c 50000 /dev/urandom >"$files/theirs"
	on host2 zfs create -o compression=gzip -o com.example:by=hand "$dst" && on host2 zfs create "$dst/child" &&
		uzctl host2 put "$dst" old <"$files/theirs" && uzctl host2 put "$dst/child" old <"$files/theirs" &&
		on host2 zpool sync tank || return 1
	child_guid=$(on host2 zfs get -Hpo value guid "$dst/child")
}
init-over_tell() { teller=host1 command=(zrep init -f "${pairs[0]% *}" host2 "${pairs[0]#* }"); }
init-over_always() {
	local dst=${pairs[0]#* }
	# (A receive that had all of its stream may end between the two looks: then a third one finds what it has brought.)
	[[ -n ${snaps_of[now host2 $dst]:-} ]] || uzctl host2 get "$dst" old 2>/dev/null | cmp -s - "$files/theirs" ||
		[[ -n $(on host2 zfs list -Hd 1 -t snapshot -o name "$dst" 2>/dev/null) ]] ||
		wrong "2: what was in $dst on host2 is gone before another copy is there"
	[[ $(on host2 zfs get -Hpo value guid "$dst/child") == "$child_guid" ]] || wrong "6: $dst/child on host2 is gone"
	[[ $(on host2 zfs get -Hpo value com.example:by "$dst") == hand ]] || wrong "6: a property of $dst on host2 is gone"
}
init-over_end() {
	seed_end
	! uzctl host2 get "${pairs[0]#* }" old >/dev/null 2>&1 || wrong "5: the former contents show in ${pairs[0]#* } on host2"
}

# seed: the copy is there, with options of its own, and its snapshot is called otherwise.
seed() {
	init_start || return 1
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	on host1 zfs send "$src@mine-1" 2>/dev/null | on host2 zfs receive -u -o compression=gzip "$dst" &&
		on host2 zfs rename "$dst@mine-1" "$dst@mine-carried"
}
seed_end() {
	local want got
	want=$(on host1 zfs get -Hpo value compression "${pairs[0]% *}")
	got=$(on host2 zfs get -Hpo value compression "${pairs[0]#* }")
	[[ $got == "$want" ]] || wrong "6: compression of the replica, which was there, is $got after a sync, and not $want"
}

init-seed_make() { pairs=(); }
init-seed_start() { seed; }
init-seed_tell() { init_tell; }
init-seed_end() { seed_end; }

sentsync_make() { pairs=(); }
sentsync_start() {
	seed && on host1 zrep changeconfig -f "${pairs[0]% *}" host2 "${pairs[0]#* }" >/dev/null 2>&1
}
sentsync_tell() { teller=host1 command=(zrep sentsync "${pairs[0]% *}@mine-1"); }
sentsync_end() { seed_end; }
