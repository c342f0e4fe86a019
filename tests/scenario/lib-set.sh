# shellcheck shell=bash
# One dataset on three hosts. Sourced by scenarios, in place of lib.sh.
. "$(dirname "$0")/lib.sh"

lab up host3
members=(host1 host2 host3)

c() { on "$1" zrep -t c "${@:2}"; } # c HOST VERB...
write() { echo "$2" | put "$1" tank/a file; }

# star: host1 to host2 under the tag zrep, host1 to host3 under the tag c.
star() {
	pair
	c host1 init tank/a host3 tank/a >/dev/null
	remember
}
# chain: host1 to host2, host2 to host3 under the tag c.
chain() {
	pair
	c host2 init tank/a host3 tank/a >/dev/null
	remember
}

# The datasets are those that they were: no_full_copy compares.
remember() { for h in "${members[@]}"; do guid "$h" tank/a; done >"$WORK/guids"; }
no_full_copy() { for h in "${members[@]}"; do guid "$h" tank/a; done | cmp - "$WORK/guids" || fail 'a dataset was made anew'; }

# receives HOST: it is somebody's replica.
leads_any() { on "$1" zfs get -Hpo value zrep:master,c:master tank/a | grep -qx yes; }
# Whoever says master under some tag, and is no replica under another.
is_master() {
	local tag
	leads_any "$1" || return 1
	for tag in zrep c; do
		[[ $(prop "$1" tank/a $tag:src-fs) == - || $(prop "$1" tank/a $tag:master) == yes ]] || return 1
	done
}

# one_master HOST: it is, it can be written to, and no other member can.
one_master() {
	local h
	for h in "${members[@]}"; do
		has "$h" tank || continue # it is down
		if [[ $h == "$1" ]]; then
			is_master "$h" || fail "$h is no master"
			is "$(prop "$h" tank/a readonly)" off
		else
			! is_master "$h" || fail "$h is a master beside $1"
			is "$(prop "$h" tank/a readonly)" on
		fi
	done
}

# All members have the same.
in_step() {
	same file host1 tank/a host2 tank/a
	same file host1 tank/a host3 tank/a
}
