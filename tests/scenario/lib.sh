# shellcheck shell=bash
# What scenarios have in common. A scenario is a script that sources this, tells one story on two hosts,
# host1 and host2, each with an empty pool "tank", and ends at the first thing that is not as it should be.
# tests/run starts it with LAB (the lab's command), LAB_DIR, LAB_KIND and WORK (a directory for files).
# A line "# needs: userspace|vm|mount|volume|root|zfs-2.2" at its head says which hosts can tell it; the last: of OpenZFS 2.2
# at least, both of them.
# A line "# packages: NAME..." has virtual machines with these packages of Debian's, whose services are stopped.
# A line "# always" makes it part of every sample: for what everything else stands on, and soon told.
set -euEo pipefail
trap 'echo "failed: line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND"' ERR
: "${LAB:?run by tests/run}" "${WORK:?}"

# The line is the scenario's own.
fail() { echo "failed: line ${BASH_LINENO[-2]}: $*"; exit 1; }

# --- hosts and data ---

lab() { "$LAB" "$@"; }
on() { "$LAB" on "$@"; }
zrep() { on host1 zrep "$@"; }
put() { "$LAB" put "$@"; }
get() { "$LAB" get "$@"; }
prop() { on "$1" zfs get -Hpo value "$3" "$2"; }                # prop HOST NAME PROPERTY
guid() { prop "$1" "$2" guid; }                                 # guid HOST SNAPSHOT
has() { on "$1" zfs list -H -o name "$2" >/dev/null 2>&1; }     # has HOST NAME
hasnt() { ! has "$@"; }
snaps() { on "$1" zfs list -Hd 1 -t snapshot -o name -s createtxg "$2" | sed 's/.*@//' | paste -sd ' '; }
holds() { on "$1" zfs holds -H "$2" | cut -f 2 | paste -sd ' '; } # holds HOST SNAPSHOT: their tags

# fill HOST DATASET NAME MEGABYTES: a file that no compression helps with.
fill() { head -c "${4}M" /dev/urandom | put "$1" "$2" "$3"; }

# same FILE HOST DATASET HOST DATASET
same() { cmp <(get "$2" "$3" "$1") <(get "$4" "$5" "$1") || fail "$1 in $3 and $5 differs"; }

# pair [DATASET]: with something in it, and its replica of the same name on host2.
pair() {
	local ds=${1:-tank/a}
	on host1 zfs create "$ds"
	echo "first words" | put host1 "$ds" file
	zrep init "$ds" host2 "$ds" >/dev/null
}

# The environment that makes a zrep, here or there, one of a user without privileges. (userspace)
# shellcheck disable=SC2034
user=(UZFS_UID=1000 ZREP_RUNDIR="$WORK/run")
# allow: follows the remedy in $said, "as root on HOST: zfs allow ...".
allow() {
	[[ $said =~ as\ root\ on\ (host[12]):\ zfs\ allow\ -u\ [^\ ]+\ ([^ ]+)\ ([^ $'\n']+) ]] || fail 'no line to follow'
	on "${BASH_REMATCH[1]}" zfs allow -u 1000 "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
}

# --- what must be so ---

# is A B
is() { [[ $1 == "$2" ]] || fail "\"$1\" where \"$2\" should be"; }

# expect_status N CMD...: what it prints is in $said.
expect_status() {
	local want=$1 got=0
	shift
	said=$("$@" 2>&1) || got=$?
	printf '$ %s\n%s%s[%d]\n' "$*" "$said" "${said:+$'\n'}" "$got"
	[[ $got -eq $want ]] || fail "status $got, not $want: $*"
}

# says TEXT...: the last expect_status printed each of them.
says() {
	local text
	for text; do [[ $said == *"$text"* ]] || fail "does not say \"$text\""; done
}
says_not() { [[ $said != *"$1"* ]] || fail "says \"$1\""; }

# state HOST: everything that zrep could change. (Its notes of the last error, and of what became of the role, are no part of that.)
state() {
	on "$1" sh -c '
		zpool sync # what is not committed does not show yet
		zfs get -Hp -t filesystem,volume,snapshot -o name,property,value,source all |
			grep -E "	(guid|written|receive_resume_token)	|	(local|received)$"
		zfs list -Hp -t snapshot -o userrefs,name | sed -n "s/^[1-9][0-9]*	//p" | xargs -rd "\n" zfs holds -H' |
		grep -Ev $':(error|history)\t' || true
}

# unchanged CMD...: both sides are afterwards as they were.
unchanged() {
	state host1 >"$WORK/before1"
	state host2 >"$WORK/before2"
	"$@"
	diff "$WORK/before1" <(state host1) || fail "host1 was changed by: $*"
	diff "$WORK/before2" <(state host2) || fail "host2 was changed by: $*"
}

# refuses N CMD...: it ends with that status, says what to do about it, and changes nothing.
refuses() {
	unchanged expect_status "$@"
	says '      -> '
}

# slowly SECONDS: as many as they are on this machine at present, which may be slow, or busy; never fewer.
slowly() {
	local percent=100
	[[ -z ${YARDSTICK:-} ]] || read -r percent _ <"$YARDSTICK"
	echo $((($1 * percent + 99) / 100))
}

# within SECONDS CMD...: sooner or later it succeeds.
within() {
	local t0=$SECONDS most=$1
	shift
	until "$@"; do
		[[ $((SECONDS - t0)) -lt $(slowly "$most") ]] || fail "not within time: $*"
		sleep 0.05
	done
}

# synced [DATASET]: a sync works; the newest snapshot is the base, marked and (it alone) held on both sides.
synced() {
	local ds=${1:-tank/a} host snap
	expect_status 0 zrep sync "$ds"
	snap=$(on host1 zfs list -Hd 1 -t snapshot -o name -s createtxg "$ds" | tail -n 1)
	is "$(guid host1 "$snap")" "$(guid host2 "$snap")"
	for host in host1 host2; do
		is "$(holds "$host" "$snap")" zrep
		[[ $(prop "$host" "$snap" zrep:sent) =~ ^[0-9]+$ ]] || fail "$snap on $host is not marked"
		is "$(on "$host" sh -c 'zfs list -Hd 1 -t snapshot -o name "$1" | xargs -d "\n" zfs holds -H' sh "$ds" |
			grep -c $'\tzrep\t')" 1
	done
	same file host1 "$ds" host2 "$ds"
}

# --- who leads ---

# roles HOST [DATASET]: what is stored there about them, in a line, and readonly at its end.
roles() {
	on "$1" zfs get -Hpo property,value,source zrep:master,zrep:src-host,zrep:src-fs,zrep:dest-host,zrep:dest-fs,zrep:switch,readonly "${2:-tank/a}" |
		awk -F '\t' '{ printf "%s%s", sep, $1 != "readonly" && $3 ~ /^inherited/ ? "-" : $2; sep = " " }'
}
other() { if [[ $1 == host1 ]]; then echo host2; else echo host1; fi; }

# led_by HOST [DATASET]: it is the master and writable, the other side its read-only replica of the same name,
# and nothing is half done.
led_by() {
	local ds=${2:-tank/a} peer
	peer=$(other "$1")
	is "$(roles "$1" "$ds")" "yes $1 $ds $peer $ds - off"
	is "$(roles "$peer" "$ds")" "- $1 $ds $peer $ds - on"
}

# leads HOST [DATASET]: led by it; and what is written there is on the other side after a sync.
leads() {
	local ds=${2:-tank/a} peer
	peer=$(other "$1")
	led_by "$1" "$ds"
	echo "$1 leads, $RANDOM" | put "$1" "$ds" file
	expect_status 0 on "$1" zrep sync "$ds"
	same file "$1" "$ds" "$peer" "$ds"
	is "$(prop host1 "$ds" zrep:epoch)" "$(prop host2 "$ds" zrep:epoch)"
	# (The lab mounts a dataset of a virtual machine's for writing whatever readonly says.)
	[[ $LAB_KIND == vm ]] || ! echo "not here" | put "$peer" "$ds" file 2>/dev/null || fail "$ds on $peer is writable"
}

# kept HOST [DATASET]: the names of what was kept aside.
kept() { on "$1" zfs list -Ho name | { grep -E "^${2:-tank/a}_kept_[0-9]{8}T[0-9]{6}Z\$" || true; }; }

# hook HOST NAME: a shell script comes in, and is the administrator's hook of that name. unhook HOST: there is none.
hook() {
	on "$1" sh -c 'd=${ZREP_HOOKS:-/etc/zrep/hooks.d}; mkdir -p "$d"; { echo "#!/bin/sh"; cat; } >"$d/.$1"
		chmod 755 "$d" "$d/.$1"; mv "$d/.$1" "$d/$1"' sh "$2"
}
# shellcheck disable=SC2016
unhook() { on "$1" sh -c 'rm -f "${ZREP_HOOKS:-/etc/zrep/hooks.d}"/*'; }

# settings HOST [NAME=VALUE...]: these, and no others, are what it has in /etc/default/zrep.
settings() {
	local host=$1
	shift
	printf "%s\n" "$@" | sed "s/=\(.*\)/='\1'/" |
		on "$host" sh -c 'umask 022; cat >"${ZREP_DEFAULTS:-/etc/default/zrep}"'
}

# late HOST MEGABYTES: so much is written there when it is about to make way, and is what the last sync has to take.
late() {
	hook "$1" pre-demote <<-END
		w() { if [ -n "\${UZFS_SOCK-}" ]; then uzctl put "\$ZREP_DATASET" big; else cat >"/\$ZREP_DATASET/big"; fi; }
		head -c ${2}M /dev/urandom | w
	END
}

# spoil HOST DATASET SNAPSHOT: somebody writes to a replica, and takes that snapshot of it. unspoil: and takes it all back.
spoil() {
	on "$1" zfs set readonly=off "$2"
	echo "not from the master" | put "$1" "$2" spoilt
	on "$1" zfs snapshot "$2@$3"
	on "$1" zfs set readonly=on "$2"
}
unspoil() { on "$1" zfs rollback -r "$2@$(snaps "$1" "$2" | sed "s/ $3\$//; s/.* //")"; }
# spoiling: the same, as the text of a hook.
spoiling() {
	cat <<-END
		w() { if [ -n "\${UZFS_SOCK-}" ]; then uzctl put "\$ZREP_DATASET" spoilt; else cat >"/\$ZREP_DATASET/spoilt"; fi; }
		zfs set readonly=off "\$ZREP_DATASET"
		echo "not from the master" | w
		zfs snapshot "\$ZREP_DATASET@$1"
		zfs set readonly=on "\$ZREP_DATASET"
	END
}

# --- in the middle of a stream ---

# begin MEGABYTES CMD...: starts it on host1, with an ssh that passes so much and then stands still. Its
# process id is what ~/scenario/pid says.
begin() {
	local at=$1
	shift
	on host1 sh -c 'mkdir -p ~/scenario && rm -f ~/scenario/*; cat >~/scenario/ssh; chmod +x ~/scenario/ssh' <<-'END'
		#!/bin/bash
		exec ssh "$@" < <(
			exec 3>&1
			reads=$(dd bs=64k count="$HALT_AT" iflag=count_bytes 2>&1 >&3 | sed -n 's/ records in$//p') # head would buffer
			[[ $((reads)) -ge $((HALT_AT / 65536)) ]] || exit                                       # that was all
			: >~/scenario/halted
			until [[ -e ~/scenario/go || ! -e /proc/$$/exe || ! -e /proc/$PPID/exe ]]; do sleep 0.05; done
			[[ ! -e ~/scenario/go ]] || exec cat
		)
	END
	{
		trap - ERR
		on host1 sh -c 'echo $$ >~/scenario/pid; at=$1; shift; HALT_AT=$at SSH=~/scenario/ssh exec "$@"' \
			sh "${at}000000" "$@"
	} >"$WORK/begun" 2>&1 &
	begun=$!
	within 20 on host1 sh -c 'test -e ~/scenario/halted'
}
# start CMD...: the same, and nothing stands still.
start() {
	{
		trap - ERR
		on host1 sh -c 'mkdir -p ~/scenario && rm -f ~/scenario/*; echo $$ >~/scenario/pid; exec "$@"' sh "$@"
	} >"$WORK/begun" 2>&1 &
	begun=$!
}
# signal SIGNAL: to what was begun.
signal() { on host1 sh -c 'kill "-$1" "$(cat ~/scenario/pid)"' sh "$1"; }
# go_on: the stream that stands still does.
go_on() { on host1 sh -c ': >~/scenario/go'; }
# ended N: waits for what was begun; its status must be N, its words are in $said.
ended() {
	local got=0 t0=$SECONDS
	wait "$begun" || got=$?
	said=$(<"$WORK/begun")
	printf '(begun, over after %d s)\n%s%s[%d]\n' $((SECONDS - t0)) "$said" "${said:+$'\n'}" "$got"
	[[ $got -eq $1 ]] || fail "status $got, not $1"
}

# zreps HOST: the processes of that name there.
zreps() {
	local p
	if [[ $LAB_KIND == vm ]]; then
		on "$1" pgrep -x zrep || true
		return
	fi
	for p in $(pgrep -x zrep); do
		! grep -qszxF "UZFS_SOCK=$LAB_DIR/$1/sock" "/proc/$p/environ" || echo "$p"
	done
}
idle() { [[ -z $(zreps host1)$(zreps host2) ]]; }
