#!/bin/bash
# --limit holds for all transfers of a run together, whichever side sends, and a slow stream is not a silent one.
. "$(dirname "$0")/lib.sh"

# takes FROM TO CMD...: in seconds; it succeeds.
takes() {
	local t0=$SECONDS from=$1 to=$2
	shift 2
	expect_status 0 "$@"
	echo "took $((SECONDS - t0)) s"
	[[ $((SECONDS - t0)) -ge $from ]] || fail 'faster than the limit'
	# (An emulated machine takes its time anyway.)
	[[ $LAB_KIND == vm || $((SECONDS - t0)) -le $(slowly "$to") ]] || fail 'much slower than the limit'
}

on host1 zfs create tank/a
fill host1 tank/a big 3
takes 2 10 zrep init --limit 1M tank/a host2 tank/a
pair tank/b
fill host1 tank/a big 3
fill host1 tank/b big 3
takes 5 15 zrep sync --limit 1MiB all
for ds in tank/a tank/b; do same big host1 $ds host2 $ds; done

# The other side sends.
fill host1 tank/a big 3
takes 2 15 on host2 zrep takeover --limit 1M tank/a
same big host2 tank/a host1 tank/a
on host1 zrep takeover tank/a

# So slow that a piece of the usual size would take longer than the time-out.
head -c 9000 /dev/urandom | put host1 tank/a small
takes 6 20 zrep --timeout 3 sync --limit 2K tank/a
same small host1 tank/a host2 tank/a

# Waiting for bandwidth ends with ^C.
fill host1 tank/a big 3
start zrep sync --limit 1K tank/a
there() { [[ -n $(zreps host2) ]]; }
within 10 there
sleep 1
t0=$SECONDS
signal INT
ended 1
[[ $((SECONDS - t0)) -lt $(slowly 8) ]] || fail 'it did not stop'
within 10 idle
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a

for bad in 0 1023 1k 10X 1.5M -1M ''; do
	expect_status 2 zrep sync --limit "$bad" tank/a
	says '--limit wants bytes per second'
done
expect_status 2 zrep status --limit 1M
