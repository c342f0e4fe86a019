# shellcheck shell=bash
# Remedies, pasted as they are printed; sourced after lib.sh. Every situation has a pair of its own, under the tag off and
# with a blank in its name, and beside it stand two healthy pairs, one of another tag. What is said to be typed is typed on
# the host that it is said for; then it is better, and nothing of the two is another than it was. tests/remedies/list says
# which scenario has which remedy.

tag=off
z() { on "$1" zrep -t $tag "${@:2}"; } # z HOST ARGUMENT...
# made NAME [WORDS]: a pair from host1 to host2.
made() {
	on host1 zfs create "$1"
	echo "${2:-first words}" | put host1 "$1" file
	z host1 init "$1" host2 "$1" >/dev/null
}

# broken_off NAME: its master has made way, and the failover died before anybody had decided.
broken_off() {
	late host1 16
	begin 8 zrep -t $tag failover "$1"
	signal KILL
	ended 137
	within 20 idle
	unhook host1
}

# beside: the healthy pairs, as they are. bystand: they are made.
bystand() {
	pair tank/by
	made 'tank/by the way'
	echo more | put host1 tank/by file
	zrep sync tank/by >/dev/null
	z host1 sync 'tank/by the way' >/dev/null
	beside >"$WORK/beside"
}
# shellcheck disable=SC2016
beside() {
	local host
	for host in host1 host2; do
		on "$host" sh -c 'zpool sync
			for d in tank/by "tank/by the way"; do
				zfs get -Hp -r -t filesystem,snapshot,bookmark -o name,property,value,source all "$d"
				zfs list -Hp -r -t snapshot -o name "$d" | xargs -d "\n" zfs holds -H
			done' | grep -E $'\t(guid|readonly|keystatus)\t|\t(local|received)$|\t(zrep|off)\t' | grep -v $':error\t' |
			sed "s/^/$host /"
	done
}
# unharmed: nothing of them is worse.
unharmed() {
	diff "$WORK/beside" <(beside) || fail "of the pairs beside it something has changed"
	# check -L asks nobody, and is soon told.
	on host1 zrep check tank/by >/dev/null || fail "tank/by is not well any more"
	z host1 check 'tank/by the way' >/dev/null || fail "tank/by the way is not well any more"
}

# told HOST COMMAND: what was said says to type that, on that host unless it was said there.
told() {
	says "$2"
	[[ $said == *"on $1"* || $said_on == "$1" ]] || fail "is not said to be for $1: $2"
}
# remedy HOST COMMAND: and so it is typed, by somebody who answers yes, and ends well. What it prints is in $answer.
remedy() {
	local before=$said
	told "$@"
	expect_status 0 on "$1" sh -c "$(sed -E 's/^zrep /zrep -y /' <<<"$2")"
	answer=$said
	said=$before
}
# keyed HOST COMMAND KEY: as remedy; it asks for a key, perhaps twice. hex N: a raw one.
keyed() {
	local before=$said
	told "$1" "$2"
	expect_status 0 on "$1" sh -c "printf '$3\n$3\n' | $2"
	said=$before
}
hex() { printf "%064d" "$1"; }
# answered HOST: what the last remedy said there is what counts now.
answered() {
	said=$answer
	said_on=$1
}

# shows HOST COMMAND: the same of one that only shows something, whatever that is; what it prints is said next.
shows() {
	local got=0
	told "$@"
	said=$(on "$1" sh -c "$2" 2>&1) || got=$?
	said_on=$1
	printf '$ on %s: %s\n%s\n[%d]\n' "$1" "$2" "$said" "$got"
	[[ $got -lt 2 ]] || fail "status $got: $2"
}

# fails N HOST CMD...: as expect_status, there.
fails() {
	said_on=$2
	expect_status "$1" on "${@:2}"
}
# cured HOST CMD...: that is well now, and so are the others.
cured() {
	expect_status 0 on "$@"
	unharmed
}
