#!/bin/bash
# Whatever ends a stream ends its filters: a signal, a lost connection, a killed agent; also one that hangs.
. "$(dirname "$0")/lib.sh"

script() { program=$(on "$1" sh -c 'f=$HOME/filter; { echo "#!/bin/sh"; cat; } >"$f"; chmod 755 "$f"; echo "$f"' sh); }
# filters HOST: how many processes of them are there.
filters() {
	if [[ $LAB_KIND == vm ]]; then on "$1" pgrep -cx 'gzip|filter' || true; return; fi
	local p n=0
	for p in $(pgrep -x 'gzip|filter'); do
		! grep -qszxF "UZFS_SOCK=$LAB_DIR/$1/sock" "/proc/$p/environ" || n=$((n + 1))
	done
	echo "$n"
}
ended_all() { idle && [[ $(filters host1) == 0 && $(filters host2) == 0 ]]; }

pair
both() {
	settings host1 'ZREP_OUTFILTER=gzip -1'
	settings host2 'ZREP_INFILTER=gzip -d'
}
kill_agent() { on host2 kill -KILL "$(zreps host2)"; }
interrupt() { signal INT; }
for end in interrupt 'lab drop' kill_agent; do
	both
	fill host1 tank/a big 16
	begin 8 zrep sync tank/a
	[[ $(filters host1) -gt 0 && $(filters host2) -gt 0 ]] || fail 'no filters'
	$end
	if [[ $end == interrupt ]]; then ended 1; else ended 5; fi
	says_not filter
	within 20 ended_all
	expect_status 0 zrep sync tank/a
	same big host1 tank/a host2 tank/a
done

# One that neither reads nor writes, nor ends when asked to.
hang() { script "$1" <<<"trap '' TERM PIPE; while :; do sleep 1000; done"; }
hang host1
settings host1 "ZREP_OUTFILTER=$program"
settings host2
fill host1 tank/a big 4
start zrep sync tank/a
running() { [[ $(filters "$1") -gt 0 ]]; }
within 10 running host1
signal TERM
ended 1
says interrupted
ended_all || fail 'something is left'
hang host2
settings host1
settings host2 "ZREP_INFILTER=$program"
start zrep sync tank/a
within 10 running host2
signal TERM
ended 1
within 20 ended_all
both
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a
synced
