#!/bin/bash
# Killed anywhere while a tree is set right: the next sync carries on. (More of it: tests/crash.)
# needs: userspace
. "$(dirname "$0")/lib.sh"

gone() { # gone DATASET: as it was destroyed by somebody who knows of the holds
	on host1 sh -c 'zfs list -Hrt snapshot -o name "$1" | xargs -d "\n" -n 1 zfs release zrep 2>/dev/null; zfs destroy -r "$1"' sh "$1"
}
make() { on host1 zfs create "$1" && echo "words of $1" | put host1 "$1" file; }

# told I HOST AT BEFORE-OR-AFTER WHAT: what was renamed, destroyed and replaced, with a crash in between.
told() {
	local d=tank/$1 guid k
	on host1 zfs create "$d"
	for k in p p/in g g/in r; do make "$d/$k"; done
	zrep init -R "$d" host2 "$d" >/dev/null
	guid=$(guid host2 "$d/p/in")
	on host1 zfs rename "$d/p" "$d/q"
	make "$d/p"
	gone "$d/g"
	gone "$d/r"
	make "$d/r"
	lab ctl "$2" arm -m "$3" "$4" "$5"
	zrep sync "$d" >"$WORK/killed" 2>&1 || true
	[[ $5 != host ]] || lab start "$2"
	is "$(lab ctl "$2" armed | cut -d ' ' -f 1)" fired
	within 20 idle
	# Another one of the same name, made before it was known what became of the first.
	make "$d/g"
	expect_status 0 zrep sync "$d"
	for k in p q/in g r; do same file host1 "$d/$k" host2 "$d/$k"; done
	is "$(guid host2 "$d/q/in")" "$guid"
	for k in g r; do is "$(kept host2 "$d/$k" | wc -l)" 1; done
	is "$(get host2 "$(kept host2 "$d/g")/in" file)" "words of $d/g/in"
	for k in g r g/in; do
		k=$(kept host2 "$d/${k%/in}")${k#?}
		is "$(on host2 zfs get -Ho value -s local zrep:src-fs,zrep:exclude "$k" | paste -sd ' ')" yes
		is "$(on host2 zfs list -Hrd 1 -t snapshot -o userrefs "$k" | sort -u)" 0
	done
	expect_status 0 zrep sync "$d"
	says_not gone
	says_not renamed
}

i=0
for at in 'host2 1 after zrep' 'host2 2 before zrep' 'host2 2 after host' 'host1 1 before zrep' 'host2 4 after zrep' \
	'host2 6 after zrep'; do
	i=$((i + 1))
	# shellcheck disable=SC2086
	told "$i" $at
done
