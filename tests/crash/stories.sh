# shellcheck shell=bash
# The stories that are told again and again, each time with another crash in them. Sourced by run.
#
# A story NAME has
#   NAME_make    makes its pairs and lists them in `pairs` ("SOURCE DESTINATION"; host1 to host2)
#   NAME_start   the state that the command finds
#   NAME_tell    sets `command`, and `teller`, the host that runs it
# All three are called once in a run; what they leave in the pools, in $files and in the variables named in `lasting` is
# kept, and put back before each point.
# and may have NAME_end, when all is done, and NAME_always, whenever the state was looked at: they set `wrong` where
# something particular to it is not as it should be; and NAME_recover, in place of run's recover.
# A name in `may_go` (HOST:DATASET@SNAPSHOT) is a snapshot that the operator's word (-f) gives up.

# What a resume token means, zfs asks of every dataset there is: init, which leaves many, comes last.
stories=(sync unchanged resume dead force expire expire-replica init init-bare init-seeded)
declare -A about=(
	[init]='a first copy, of a filesystem with a snapshot and properties of its own'
	[init-bare]='a first copy goes on; the power failed before its properties were set'
	[init-seeded]='a copy that was carried there, and changed since: -f'
	[sync]='two datasets, in each a foreign snapshot between two changes'
	[unchanged]='nothing was written'
	[resume]='a partial receive is there, and newer data'
	[dead]='a partial receive is there, and its snapshot is gone'
	[force]='the replica was written to and has a snapshot of its own: -f'
	[expire]='more snapshots than savecount on both sides, one of them held by somebody'
	[expire-replica]='the same, asked for on the replica'
)

# About how many points each has, for a sample: ZFS calls on host1, and changes among them; on host2; frames. All
# of them are counted anew for --all.
declare -A size=(
	[sync]='52 10 50 8 32' [unchanged]='24 2 23 1 8' [resume]='89 8 30 6 31' [dead]='119 7 33 6 33'
	[force]='29 7 32 7 22' [expire]='63 1 33 1 8' [expire-replica]='32 1 65 1 8' [init]='43 6 59 5 15' [init-bare]='56 5 82 6 19'
	[init-seeded]='42 4 83 7 16'
)

# is_first: its datasets are new in every telling, and nobody's before.
is_first() { [[ $story == init* || $story == sentsync ]]; }

serial=0 # of datasets

# write DATASET FILE BYTES: and remembers what was written.
write() {
	ask put "$files/${1//\//_}.$2" "$3" "$LAB_DIR/host1/sock" "$1" "$2"
}

# new_pair: a replicated dataset with a history, added to `pairs`.
new_pair() {
	serial=$((serial + 1))
	local src=tank/m$serial dst=tank/r$serial i
	on host1 zfs create "$src" && write "$src" f 20000 && on host1 zrep init "$src" host2 "$dst" >/dev/null || return 1
	on host1 zfs set zrep:savecount=3 "$src" && on host2 zfs set zrep:savecount=3 "$dst" || return 1
	pairs+=("$src $dst")
	for i in 1 2 3; do
		write "$src" f 20000 && on host1 zrep sync "$src" >/dev/null || return 1
	done
}

one_pair() { image one-pair new_pair; }
two_pairs() { new_pair && new_pair; }

# The name that zrep would give the next snapshot; look() was just called.
next_own() {
	local s last=0
	for s in ${snaps_of[now host1 $1]}; do
		s=${s#zrep_}
		[[ ! $s =~ ^[0-9a-f]{6}$ || $((16#$s)) -lt $last ]] || last=$((16#$s))
	done
	printf 'zrep_%06x' $((last + 1))
}

tell_sync() {
	teller=host1 command=(zrep sync)
	local pair
	if is_tree; then
		command+=("${pairs[0]% *}")
		return
	fi
	for pair in "${pairs[@]}"; do command+=("${pair% *}"); done
}

init_make() { pairs=(); }
init_start() {
	serial=$((serial + 1))
	local src=tank/m$serial
	rm -f "$files"/*
	pairs=("$src tank/r$serial")
	on host1 zfs create -o compression=lz4 -o recordsize=32K "$src" && write "$src" f 20000 &&
		on host1 zfs snapshot "$src@mine-1" && write "$src" g 150000
}
init_tell() { teller=host1 command=(zrep init "${pairs[0]% *}" host2 "${pairs[0]#* }"); }
init_end() {
	local got
	got=$(on host2 zfs get -Hpo value compression,recordsize "${pairs[0]#* }" | paste -sd ' ')
	[[ $got == 'lz4 32768' ]] || wrong "5: compression and recordsize of the replica: $got"
}

init-bare_make() { pairs=(); }
init-bare_start() {
	init_start || return 1
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	write "$src" g 2000000 && on host1 zfs snapshot "$src@zrep_000000" || return 1
	on host1 zfs send -Lec "$src@zrep_000000" 2>/dev/null | head -c 1600000 | on host2 zfs receive -s "$dst" 2>/dev/null
	[[ $(on host2 zfs get -Ho value receive_resume_token "$dst") != - ]]
}
init-bare_tell() { init_tell; }
init-bare_end() { init_end; }

# carried SOURCE DESTINATION: its newest snapshot, there by other means and by another name.
carried() {
	on host1 zfs snapshot "$1@mine-2" && on host1 zfs send "$1@mine-2" 2>/dev/null | on host2 zfs receive -u "$2" &&
		on host2 zfs rename "$2@mine-2" "$2@carried"
}
init-seeded_make() { pairs=(); }
init-seeded_start() {
	init_start && carried ${pairs[0]} && head -c 30000 /dev/urandom >"$files/theirs" || return 1
	uzctl host2 put "${pairs[0]#* }" h <"$files/theirs" && on host2 zfs snapshot "${pairs[0]#* }@theirs" &&
		uzctl host2 put "${pairs[0]#* }" i <"$files/theirs" && on host2 zpool sync tank || return 1
	may_go=("host2:${pairs[0]#* }@theirs")
}
init-seeded_tell() {
	init_tell
	command=(zrep init -f "${command[@]:2}")
}

sync_make() { image two-pairs two_pairs; }
sync_start() {
	local pair src names=()
	for pair in "${pairs[@]}"; do
		src=${pair% *}
		write "$src" f 300000 || return 1
		names+=("$src@mine-$telling")
	done
	on host1 zfs snapshot "${names[@]}" || return 1
	for pair in "${pairs[@]}"; do write "${pair% *}" g 30000 || return 1; done
}
sync_tell() { tell_sync; }

unchanged_make() { one_pair; }
unchanged_start() { true; }
unchanged_tell() { tell_sync; }

# A receive that broke off in the middle of a snapshot of zrep's.
partial() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } own last
	look now
	own=$(next_own "$src")
	last=${snaps_of[now host1 $src]% }
	write "$src" f 3000000 && on host1 zfs snapshot "$src@$own" || return 1
	on host1 zfs send -Lec -i "@${last##* }" "$src@$own" 2>/dev/null | head -c 1600000 | on host2 zfs receive -s "$dst" 2>/dev/null
	[[ $(on host2 zfs get -Ho value receive_resume_token "$dst") != - ]] || return 1
	write "$src" g 30000 || return 1
	partial_snap=$src@$own
}
resume_make() { one_pair; }
resume_start() { partial; }
resume_tell() { tell_sync; }

dead_make() { one_pair; }
dead_start() { partial && on host1 zfs destroy "$partial_snap"; }
dead_tell() { tell_sync; }

force_make() { one_pair; }
force_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	head -c 30000 /dev/urandom >"$files/theirs"
	on host2 zfs set readonly=off "$dst" && uzctl host2 put "$dst" f <"$files/theirs" &&
		on host2 zfs snapshot "$dst@theirs-$telling" && uzctl host2 put "$dst" h <"$files/theirs" &&
		on host2 zfs set readonly=on "$dst" && on host2 zpool sync tank || return 1
	may_go=("host2:$dst@theirs-$telling")
	write "$src" f 30000
}
force_tell() {
	tell_sync
	command=(zrep sync -f "${command[@]:2}")
}

expire_make() { one_pair; }
expire_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } i own
	look now
	on host1 zfs set zrep:savecount=20 "$src" && on host2 zfs set zrep:savecount=20 "$dst" || return 1
	own=$(next_own "$src")
	for i in 0 1 2 3; do
		write "$src" g 5000 && on host1 zfs snapshot "$(printf '%s@zrep_%06x' "$src" $((16#${own#zrep_} + i)))" || return 1
		[[ $i -ne 1 ]] || { write "$src" f 5000 && on host1 zfs snapshot "$src@mine-$telling"; } || return 1
	done
	write "$src" g 5000 && on host1 zrep sync "$src" >/dev/null || return 1
	on host1 zfs hold mine "$src@$own" && on host2 zfs hold mine "$dst@$own" &&
		on host1 zfs set zrep:savecount=3 "$src" && on host2 zfs set zrep:savecount=3 "$dst"
}
expire_tell() { teller=host1 command=(zrep expire "${pairs[0]% *}"); }

expire-replica_make() { one_pair; }
expire-replica_start() { expire_start; }
expire-replica_tell() { teller=host2 command=(zrep expire "${pairs[0]#* }"); }
