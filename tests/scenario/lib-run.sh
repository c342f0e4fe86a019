# shellcheck shell=bash
# For scenarios in which `zrep run` stays on hosts.

declare -A stays_pid=()

# stays HOST [OPTION...]: begins to stay there; what it says is in $WORK/run.HOST.
stays() {
	local host=$1
	shift
	rm -f "$WORK/run.$host" "$WORK/run.$host.pid" # or those of the one before would be taken for its own
	on "$host" sh -c 'echo $$ >"$1"; shift; exec zrep run "$@"' sh "$WORK/run.$host.pid" "$@" >"$WORK/run.$host" 2>&1 &
	within 10 grep -qsE 'looks after|fetches' "$WORK/run.$host"
	stays_pid[$host]=$(<"$WORK/run.$host.pid")
}

# leaves HOST: it is told to end, and ends well, soon.
leaves() {
	alive "$1"
	kill -TERM "${stays_pid[$1]}"
	within 2 gone "${stays_pid[$1]}"
	unset "stays_pid[$1]"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
alive() { kill -0 "${stays_pid[$1]}" 2>/dev/null || fail "zrep run on $1 has ended: $(cat "$WORK/run.$1")"; }

trap 'for pid in "${stays_pid[@]}"; do kill "$pid" 2>/dev/null; done' EXIT

# arrives TEXT FROM TO [DATASET]: what is written on one host can soon be read on the other.
arrives() {
	local ds=${4:-tank/a}
	echo "$1" | put "$2" "$ds" file
	within 10 has_text "$3" "$ds" "$1"
}
has_text() { [[ $(get "$1" "$2" file 2>/dev/null) == "$3" ]]; }

# told HOST TEXT: the one that stays there has said so; told_times HOST TEXT N.
told() { grep -qF -- "$2" "$WORK/run.$1"; }
told_times() { [[ $(grep -cF -- "$2" "$WORK/run.$1") -eq $3 ]] || fail "on $1, \"$2\" was not said $3 times: $(cat "$WORK/run.$1")"; }
