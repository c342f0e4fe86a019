#!/bin/bash
# Streams go through a program of each host's own; where one is missing or breaks, that is told, and what came is
# gone on from.
. "$(dirname "$0")/lib.sh"

# script HOST NAME: a shell script comes in, and is a program there; $program is its path.
script() { program=$(on "$1" sh -c 'f=$HOME/$1; { echo "#!/bin/sh"; cat; } >"$f"; chmod 755 "$f"; echo "$f"' sh "$2"); }
# After whatever happened: no filter is left, and the next sync is whole.
left() {
	local host=$1
	if [[ $LAB_KIND == vm ]]; then on "$host" pgrep -x gzip || true; return; fi
	grep -lszxF "UZFS_SOCK=$LAB_DIR/$host/sock" /proc/[0-9]*/environ | grep -o '[0-9]*' | while read -r p; do
		[[ $(cat "/proc/$p/comm" 2>/dev/null) != gzip ]] || echo "$p"
	done
}
none_left() { [[ -z $(left host1)$(left host2) ]]; }
mended() {
	within 10 idle
	within 10 none_left
	settings host1 'ZREP_OUTFILTER=gzip -1'
	settings host2 'ZREP_INFILTER=gzip -d'
	expect_status 0 zrep --json sync tank/a
	same big host1 tank/a host2 tank/a
}

# Both have one: the first transfer (which zfs receives) and the later ones (which a call does).
settings host1 'ZREP_OUTFILTER=gzip -1'
settings host2 'ZREP_INFILTER=gzip -d'
on host1 zfs create tank/a
yes 'the same words, again and again' | head -c 4M | put host1 tank/a big || true
expect_status 0 zrep --json init tank/a host2 tank/a
[[ $(jq '.datasets[].bytes' <<<"$said") -lt 1000000 ]] || fail 'not compressed on the way'
same big host1 tank/a host2 tank/a
yes 'other words, again and again' | head -c 4M | put host1 tank/a big || true
expect_status 0 zrep --json sync tank/a
[[ $(jq '.datasets."tank/a".bytes' <<<"$said") -lt 1000000 ]] || fail 'not compressed on the way'
same big host1 tank/a host2 tank/a

# A peer does not say what is run: the setting of the host where zrep was started is not handed on.
settings host2
fill host1 tank/a big 8
expect_status 1 on host1 env ZREP_INFILTER='gzip -d' zrep sync tank/a
says 'tank/a' 'host2' 'host2 says: if the host that sends has ZREP_OUTFILTER, set its counterpart ZREP_INFILTER on host2'
mended
# The other way round: only the receiving side has one.
settings host1
fill host1 tank/a big 8
expect_status 1 zrep sync tank/a
says 'tank/a: the filter "gzip -d" (ZREP_INFILTER) on host2 failed with exit status 1' 'not in gzip format' 'host2 says: see that it works on host2' 'ZREP_OUTFILTER'
mended

# Missing, here and there.
fill host1 tank/a big 8
settings host1 'ZREP_OUTFILTER=no-such-filter -q'
expect_status 1 zrep sync tank/a
says 'tank/a: the filter "no-such-filter -q" (ZREP_OUTFILTER) on host1: cannot run no-such-filter' '-> install it on host1, or correct ZREP_OUTFILTER there'
settings host1 'ZREP_OUTFILTER=gzip -1'
settings host2 'ZREP_INFILTER=no-such-filter'
expect_status 1 zrep sync tank/a
says 'tank/a: the filter "no-such-filter" (ZREP_INFILTER) on host2: cannot run no-such-filter' 'host2 says: install it on host2, or correct ZREP_INFILTER there'
mended

# A first transfer with one on one side only.
settings host2
on host1 zfs create tank/b
echo 'first words' | put host1 tank/b file
expect_status 1 zrep init tank/b host2 tank/b
says 'tank/b' 'host2' 'set its counterpart ZREP_INFILTER on host2'
hasnt host2 tank/b || fail 'something is left'
settings host2 'ZREP_INFILTER=gzip -d'
expect_status 0 zrep init tank/b host2 tank/b
same file host1 tank/b host2 tank/b

# The receive fails: that is the reason, not what became of the filters.
on host2 zfs set quota=$(($(prop host2 tank used) + (25 << 20))) tank # that of a replica would be lifted
fill host1 tank/b big 40
expect_status 1 zrep sync tank/b
says 'tank/b' 'on host2: the quota is reached'
says_not filter
within 10 none_left
on host2 zfs set quota=none tank

# Breaking in the middle, each side; what had come is not sent again.
script host1 breaks <<'END'
head -c 12000000
echo 'out of something' >&2
exit 3
END
fill host1 tank/a big 24
settings host1 "ZREP_OUTFILTER=$program"
settings host2
expect_status 1 zrep sync tank/a
says "tank/a: the filter \"$program\" (ZREP_OUTFILTER) on host1 failed with exit status 3: out of something"
[[ $(prop host2 tank/a receive_resume_token) != - ]] || fail 'nothing to resume'
mended
[[ $(jq '.datasets."tank/a".bytes' <<<"$said") -lt 20000000 ]] || fail 'it began anew'
script host2 breaks <<'END'
head -c 12000000
kill -TERM $$
END
fill host1 tank/a big 24
settings host1
settings host2 "ZREP_INFILTER=$program"
expect_status 1 zrep sync tank/a
says "tank/a: the filter \"$program\" (ZREP_INFILTER) on host2 was ended by signal 15"
[[ $(prop host2 tank/a receive_resume_token) != - ]] || fail 'nothing to resume'
mended
[[ $(jq '.datasets."tank/a".bytes' <<<"$said") -lt 20000000 ]] || fail 'it began anew'

# Ending early, without a word.
fill host1 tank/a big 24
settings host1 'ZREP_OUTFILTER=head -c 12000000'
settings host2
expect_status 1 zrep sync tank/a
says 'tank/a: the filter "head -c 12000000" (ZREP_OUTFILTER) on host1 ended before its stream did'
mended
