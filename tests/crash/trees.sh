# shellcheck shell=bash
# Stories of recursive pairs: what is below the source is new, has another name, is gone. Sourced by run; stories.sh
# says what a story is made of.

stories+=(tree-new tree-renamed tree-destroyed init-tree)
about+=(
	[tree-new]='a tree, with a new dataset in it and one below that'
	[tree-renamed]='a tree in which a dataset was renamed, with one below it'
	[tree-destroyed]='a tree in which a dataset was destroyed, and another one replaced'
	[init-tree]='a first copy of a tree, of which one is excluded'
)
size+=(
	[tree-new]='148 16 202 15 64' [tree-renamed]='159 15 154 14 74' [tree-destroyed]='239 17 400 26 86'
	[init-tree]='95 9 91 10 49'
)

is_tree() { [[ $story == *tree* ]]; }

# raze HOST DATASET...: these and all below, whoever holds what, where they are there.
raze() {
	local host=$1
	shift
	# shellcheck disable=SC2016 # sh's own
	on "$host" sh -c 'for d; do
			zfs list "$d" >/dev/null 2>&1 || continue
			zfs list -Hr -t snapshot -o name,userrefs "$d" | awk "\$NF > 0 { print \$1 }" | xargs -r zfs holds -H |
				while read -r name tag _; do zfs release "$tag" "$name" || exit; done
			zfs destroy -r "$d" || exit
		done' sh "$@"
}

# tree_make: a pair with b and b/d below it.
tree_make() { image tree grow_tree; }
grow_tree() {
	one_pair || return 1
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	on host1 zfs create "$src/b" && on host1 zfs create "$src/b/d" && on host1 zrep -R sync "$src" >/dev/null &&
		on host1 zfs set zrep:savecount=3 "$src/b" && on host1 zfs set zrep:savecount=3 "$src/b/d" &&
		on host2 zfs set zrep:savecount=3 "$dst/b" && on host2 zfs set zrep:savecount=3 "$dst/b/d" || return 1
	pairs+=("$src/b $dst/b" "$src/b/d $dst/b/d")
}

# Both sides must say that it is one.
tree_end() {
	local host name
	for host in host1 host2; do
		name=${pairs[0]% *}
		[[ $host == host1 ]] || name=${pairs[0]#* }
		[[ $(on "$host" zfs get -Ho value -s local,received zrep:recursive "$name") == yes ]] || wrong "5: $name on $host is no tree any more"
	done
}

tree-new_make() { tree_make; }
tree-new_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } pair
	for pair in "${pairs[@]}"; do write "${pair% *}" f 30000 || return 1; done
	on host1 zfs snapshot "$src@mine-$telling" "$src/b@mine-$telling" && write "$src" g 20000 || return 1
	pairs+=("$src/c $dst/c" "$src/c/d $dst/c/d")
	on host1 zfs create "$src/c" && on host1 zfs create "$src/c/d" && write "$src/c" f 300000 && write "$src/c/d" f 30000
}
tree-new_tell() { tell_sync; }
tree-new_end() { tree_end; }

# b becomes n.
tree-renamed_make() { tree_make; }
tree-renamed_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } old=b new=n pair
	on host1 zfs rename "$src/$old" "$src/$new" || return 1
	pairs=("$src $dst" "$src/$new $dst/$new" "$src/$new/d $dst/$new/d")
	called=(["host2 $dst/$old"]=$dst/$new ["host2 $dst/$old/d"]=$dst/$new/d)
	for pair in "${pairs[@]}"; do write "${pair% *}" f 30000 || return 1; done
	on host1 zfs snapshot "$src/$new@mine-$telling" && write "$src/$new" g 30000
}
tree-renamed_tell() { tell_sync; }
# Until both are told, the names of the pair do not fit, and the base is held none the less.
tree-renamed_always() {
	local pair tag=zrep from=host1 to=host2
	for pair in "${pairs[@]}"; do
		[[ -n ${st[now host2 ${pair#* } guid]:-} ]] || wrong "2: ${pair#* } on host2 is gone"
		common now "${pair% *}" "${pair#* }"
		[[ -n $REPLY ]] || wrong "3: ${pair% *} and ${pair#* } hold no common base"
	done
}
tree-renamed_end() {
	local name
	tree_end
	for name in "${!called[@]}"; do
		! on host2 zfs list "${name#* }" >/dev/null 2>&1 || wrong "5: ${name#* } on host2 still has its old name"
	done
}

# g and g/d are destroyed, x and x/d replaced by others of these names. What host2 has of them stays.
lasting+=(lost)
tree-destroyed_make() { tree_make; }
kept_in_tree() { on host2 zfs list -Ho name -d 1 "${pairs[0]#* }" | grep -E '_kept_[0-9]{8}T[0-9]{6}Z$'; }
tree-destroyed_start() {
	local src=${pairs[0]% *} dst=${pairs[0]#* } pair d
	for d in g g/d x x/d; do on host1 zfs create "$src/$d" && write "$src/$d" f 20000 || return 1; done
	on host1 zrep sync "$src" >/dev/null || return 1
	for d in g g/d x x/d; do mv "$files/$(tr / _ <<<"$src/$d").f" "$files/lost-${d/\//-}" || return 1; done
	lost=$(on host2 zfs list -Hpr -t all -o guid "$dst/g" "$dst/x")
	[[ $(wc -l <<<"$lost") -eq 8 ]] || return 1
	raze host1 "$src/g" "$src/x" && on host1 zfs create "$src/x" && on host1 zfs create "$src/x/d" &&
		write "$src/x" f 30000 && write "$src/x/d" f 30000 || return 1
	for pair in "${pairs[@]}"; do write "${pair% *}" f 30000 || return 1; done
	on host1 zfs snapshot "$src@mine-$telling" && write "$src" g 30000
}
tree-destroyed_tell() { tell_sync; }
tree-destroyed_always() {
	local guid all
	all=$(on host2 zfs list -Hpr -t all -o guid "${pairs[0]#* }")
	for guid in $lost; do
		grep -qx "$guid" <<<"$all" || wrong "2: of what was destroyed on host1, $guid is gone from host2"
	done
}
# By then the new ones are pairs as well.
tree-destroyed_recover() {
	local src=${pairs[0]% *} dst=${pairs[0]#* }
	recover
	pairs+=("$src/x $dst/x" "$src/x/d $dst/x/d")
}
tree-destroyed_end() {
	local dst=${pairs[0]#* } all k g x said
	tree_end
	all=$(kept_in_tree)
	g=$(grep "^$dst/g_kept" <<<"$all") x=$(grep "^$dst/x_kept" <<<"$all")
	[[ $(wc -l <<<"$all") -eq 2 && -n $g && -n $x ]] || wrong "5: kept on host2:" $all
	for k in "$g g" "$g/d g-d" "$x x" "$x/d x-d"; do
		uzctl host2 get "${k% *}" f 2>/dev/null | cmp -s - "$files/lost-${k#* }" || wrong "2: f of ${k% *} on host2 differs"
	done
	for k in $g $x; do
		said=$(on host2 zfs get -Hrt filesystem -o name,property,value -s local,received all "$k" | grep $'\tzrep:' | grep -v $'\tzrep:exclude\tyes$')
		[[ -z $said ]] || wrong "5: $k on host2, kept aside, still says ${said//$'\n'/, }"
		said=$(on host2 zfs list -Hrt snapshot -o userrefs,name "$k" | grep -v ^0)
		[[ -z $said ]] || wrong "5: kept aside on host2, and held: ${said//$'\n'/, }"
	done
}

init-tree_make() { pairs=(); }
init-tree_start() {
	serial=$((serial + 1))
	local src=tank/m$serial dst=tank/r$serial d
	rm -f "$files"/*
	pairs=()
	for d in '' /b /b/c; do
		pairs+=("$src$d $dst$d")
		on host1 zfs create -o recordsize=32K "$src$d" && write "$src$d" f 20000 || return 1
	done
	on host1 zfs create -o zrep:exclude=yes "$src/tmp" && write "$src/b" g 150000
}
init-tree_tell() { teller=host1 command=(zrep init -R "${pairs[0]% *}" host2 "${pairs[0]#* }"); }
init-tree_end() {
	tree_end
	local got dst=${pairs[0]#* }
	got=$(on host2 zfs list -Hpro name,recordsize "$dst" | paste -sd ' ')
	[[ $got == "$dst"$'\t32768 '"$dst/b"$'\t32768 '"$dst/b/c"$'\t32768' ]] || wrong "5: on host2 there are $got"
}
