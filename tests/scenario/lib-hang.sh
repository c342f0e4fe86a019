# shellcheck shell=bash
# ZFS that hangs on a host where everything else lives; sourced after lib.sh, on userspace hosts.

hang() { kill -STOP "$(cat "$LAB_DIR/$1/uzfsd.pid")"; }
wake() { kill -CONT "$(cat "$LAB_DIR/$1/uzfsd.pid")"; }
trap 'wake host1; wake host2' EXIT

# takes SECONDS CMD...: no longer than that, on a quiet machine.
takes() {
	local t0=$SECONDS most
	most=$(slowly "$1")
	shift
	"$@"
	[[ $((SECONDS - t0)) -le $most ]] || fail "took $((SECONDS - t0)) s: $*"
}

# beside: tank/a with host2, and tank/ok with this host itself, which hangs by nobody else.
beside() {
	pair
	on host1 zfs create tank/ok
	echo 'first words' | put host1 tank/ok file
	expect_status 0 zrep init tank/ok localhost tank/okcopy
}
