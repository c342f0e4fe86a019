#!/bin/bash
# What is said where the data of two sides does not fit, or something is in its way, pasted as it is printed: it is better,
# and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/my a'
bystand
made "$a"
more() { echo "$RANDOM" | put host1 "$a" file; }
# put_away: of what was kept aside, by what doctor tells.
put_away() {
	local kept
	kept=$(on host2 zfs list -Ho name | grep "^${a}_kept_")
	fails 1 host1 zrep -t off doctor "$a"
	says 'nothing else has that'
	remedy host2 "zfs destroy -r '$kept'"
	hasnt host2 "$kept"
	cured host1 zrep -t off doctor "$a"
}

# Changed there: four ways.
spoil host2 "$a" mine
more
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zrep -t off rejoin '$a'"
cured host1 zrep -t off sync "$a"
put_away
spoil host2 "$a" mine
more
fails 2 host1 zrep -t off check "$a"
remedy host1 "zrep -t off sync -f '$a'"
cured host1 zrep -t off check "$a"
spoil host2 "$a" mine
more
fails 1 host1 zrep -t off doctor "$a"
remedy host2 "zrep -t off takeover -L '$a'"
remedy host1 "zrep -t off rejoin '$a'"
z host2 sync "$a" >/dev/null
is "$(get host1 "$a" spoilt)" 'not from the master'
cured host2 zrep -t off check "$a"
z host2 failover "$a" >/dev/null
on host1 sh -c "zfs list -Ho name | grep _kept_ | xargs -d '\n' -n 1 zfs destroy -r"

# What was kept is held by another tag.
on host2 zfs snapshot "$a@theirs"
on host2 zfs hold 'an other' "$a@theirs"
more
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zfs holds '$a@theirs'"
remedy host2 "zrep -t off rejoin '$a'"
kept=$(on host2 zfs list -Ho name | grep "^${a}_kept_")
fails 1 host1 zrep -t off doctor "$a"
remedy host2 "zfs release 'an other' '$kept@theirs'; zfs destroy -r '$kept'"
hasnt host2 "$kept"
cured host1 zrep -t off doctor "$a"

# A clone of the newest, and a bookmark.
on host2 zfs snapshot "$a@theirs"
on host2 zfs clone -o readonly=on "$a@theirs" 'tank/a clone'
more
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zfs destroy 'tank/a clone'"
cured host1 zrep -t off sync "$a"

# A snapshot that both sides have loses its bookmark, or its hold.
base=$(snaps host1 "$a" | grep -o '[^ ]*$')
on host1 zfs release off "$a@$base"
on host1 sh -c "zfs list -Hd 1 -t bookmark -o name '$a' | xargs -rd '\n' -n 1 zfs destroy"
z host1 expire --release "$a" >/dev/null 2>&1 || true
fails 3 host1 zrep -t off expire --release "$a"
mark=$(grep -o "zfs bookmark .*" <<<"$said")
remedy host1 "$mark"
cured host1 zrep -t off expire --release "$a"
cured host1 zrep -t off sync "$a"

# Nothing in common any more: beside it, and in its place.
on host2 sh -c "zfs list -Hd 1 -t snapshot -o name '$a' | while read -r s; do zfs release off \"\$s\" 2>/dev/null; zfs destroy \"\$s\"; done; zfs snapshot '$a@new'"
more
fails 3 host1 zrep -t off sync "$a"
told host1 "zrep -t TAG init '$a' HOST DATASET"
expect_status 0 on host1 sh -c "zrep -t third init '$a' host2 'tank/another a'"
unharmed
for host in host1 host2; do
	on $host zrep -y -t third clear "$([[ $host == host1 ]] && echo "$a" || echo 'tank/another a')" >/dev/null
done
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zfs rename '$a' '$a'_before"
remedy host1 "zrep -t off clear '$a'"
remedy host1 "zrep -t off init '$a' host2 '$a'"
has host2 "${a}_before@new"
cured host1 zrep -t off check "$a"
