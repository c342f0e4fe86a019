# shellcheck shell=bash
# ZFS that hangs on a host where everything else lives; sourced after lib.sh, on userspace hosts.

hang() { kill -STOP "$(cat "$LAB_DIR/$1/uzfsd.pid")"; }
wake() { kill -CONT "$(cat "$LAB_DIR/$1/uzfsd.pid")"; }
trap 'wake host1; wake host2' EXIT

# takes SECONDS CMD...: no longer than that.
takes() {
	local t0=$SECONDS most=$1
	shift
	"$@"
	[[ $((SECONDS - t0)) -le $most ]] || fail "took $((SECONDS - t0)) s: $*"
}
