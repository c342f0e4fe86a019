#!/bin/bash
# What a message of a tagged pair tells to type has the tag, and does what it says when it is pasted.
. "$(dirname "$0")/lib.sh"

off() { on "$1" zrep -t off "${@:2}"; }

# tagged: every command in what was said has -t off.
tagged() {
	local bare
	bare=$(grep -Eo "\bzrep (-[ny] )?(init|sync|refresh|status|list|failover|takeover|rejoin|check|doctor|pause|unpause|expire|clear|changeconfig|sentsync)\b.*" <<<"$said" || true)
	[[ -z $bare ]] || fail "without its tag: $bare"
}

# pasted HOST PATTERN: the one command in what was said that begins with PATTERN is run there.
pasted() {
	local cmd
	cmd=$(grep -Eo "zrep -t off $2 ?[a-z]*/[a-z]*" <<<"$said" | head -n 1)
	[[ -n $cmd ]] || fail "no \"$2\" to paste"
	expect_status 0 on "$1" sh -c "$cmd"
}

on host1 zfs create tank/a
echo one | put host1 tank/a file
expect_status 0 off host1 init tank/a host2 tank/a
tagged
expect_status 3 off host2 sync tank/a
tagged
pasted host1 sync

off host1 pause tank/a
expect_status 3 off host1 sync tank/a
tagged
pasted host1 unpause

# Changed there: kept aside.
spoil host2 tank/a auto
echo two | put host1 tank/a file
expect_status 3 off host1 sync tank/a
tagged
for verb in check doctor; do
	expect_status "$([[ $verb == check ]] && echo 2 || echo 1)" off host1 $verb tank/a
	says 'zrep -t off rejoin tank/a'
	tagged
	expect_status "$([[ $verb == check ]] && echo 2 || echo 1)" on host1 env ZREPTAG=off zrep $verb tank/a
	says 'zrep -t off rejoin tank/a'
	expect_status "$([[ $verb == check ]] && echo 2 || echo 1)" off host1 --json $verb tank/a
	says 'zrep -t off rejoin tank/a'
	tagged
done
pasted host2 rejoin
for kept in $(kept host2); do on host2 zfs destroy -r "$kept"; done
# The tag of the environment is not meant: it is said, too.
expect_status 3 on host1 env ZREPTAG=off zrep -t zrep sync tank/a
says 'zrep -t zrep init tank/a'

# Rolled back.
spoil host2 tank/a auto
expect_status 3 off host1 sync tank/a
pasted host1 'sync -f'

# A half-readable replica: what doctor offers.
on host2 zfs set readonly=off tank/a
expect_status 1 off host1 doctor tank/a
says 'zrep -t off doctor --fix tank/a sets readonly=on'
tagged
pasted host1 'doctor --fix'
is "$(prop host2 tank/a readonly)" on

# Taken over, and back.
lab cut
expect_status 5 off host2 --timeout 3 takeover tank/a
tagged
says 'zrep -t off takeover -L tank/a'
lab join
expect_status 0 on host2 zrep -t off -y takeover -L tank/a
tagged
expect_status 3 off host1 sync tank/a
tagged
expect_status 2 off host1 status -m
says 'zrep -t off rejoin tank/a brings it back'
tagged
pasted host1 rejoin
expect_status 0 off host2 sync tank/a

# Renamed here: where it is now is said on both sides.
on host1 zfs rename tank/a tank/b
expect_status 2 off host1 status -m -a
says 'zrep -t off doctor tank/b'
tagged
expect_status 1 off host1 doctor tank/b
tagged
pasted host1 'changeconfig -d tank/b host2'
tagged
cmd=$(grep -Eo 'zrep -t off changeconfig tank/a .*' <<<"$said")
expect_status 0 on host2 sh -c "$cmd"
tagged
expect_status 0 off host2 sync tank/a
expect_status 3 off host1 -n sync tank/b
tagged
