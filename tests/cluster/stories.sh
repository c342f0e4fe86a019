# shellcheck shell=bash
# The stories. Each begins with a healthy cluster, $m promoted and $r its replica, and something that writes all the time on
# $m; it ends when the cluster is on its way to be healthy again. Then invariants (lib.sh) waits for that, and looks at what
# was written. A line "# on: 3" before one says that it is told with that topology only.

# --- 1: start ---

g01_start_both() {
	[[ $(score "$m") == 1000 && $(score "$r") == 100 ]] || wrong "scores: $(score "$m") and $(score "$r")"
	[[ -n $(fact zrep-epoch-data) ]] || wrong 'no epoch in the CIB'
}

# The agent by hand, where there is nothing to start.
g01_no_pair() {
	local out
	out=$(agent host1 start OCF_RESKEY_dataset=tank/none 2>&1)
	[[ $? -eq 5 && $out == *'zrep init'* ]] || wrong "start without a pair: $out"
	out=$(agent host1 start OCF_RESKEY_dataset=tank/a OCF_RESKEY_tag=other 2>&1)
	[[ $? -eq 5 && $out == *other* ]] || wrong "start of another tag: $out"
	agent host1 monitor OCF_RESKEY_dataset=tank/a >/dev/null 2>&1
	[[ $? -eq 7 ]] || wrong 'a master that was not started counts as running'
	agent host1 stop OCF_RESKEY_dataset=tank/none >/dev/null 2>&1 || wrong 'stop of what is not there'
	out=$(agent host1 validate-all 2>&1)
	[[ $? -eq 6 ]] || wrong "validate-all without a dataset: $out"
	agent host1 validate-all OCF_RESKEY_dataset=tank/a OCF_CHECK_LEVEL=10 >/dev/null 2>&1 || wrong 'validate-all of the pair'
}

# --- 2: planned moves ---

moved() { # T0: prints what it took
	echo "time: planned move until promoted: $(since "$1" "$(when_told "$m")") s ($(zrep_share "$1"))"
}
g02_move() {
	local t0
	for _ in 1 2; do
		t0=$(now)
		move_to "$r"
		must 120 "promoted on $r" is_told "$r" promoted || return
		nothing_lost
		healthy || return
		moved "$t0"
		unmove
	done
}

g02_standby() {
	local old=$m
	standby "$m" on
	must 120 "promoted on $r" is_told "$r" promoted || return
	nothing_lost
	standby "$old" off
}

# --- 3: the promoted node dies ---

g03_dies() {
	local t0 old=$m
	synced
	sleep 2
	t0=$(now)
	cluster power "$m" off
	must 120 "promoted on $r" is_told "$r" promoted || return
	m=$r
	tell_death "$t0"
	must 120 "$old is back" is_online "$old"
}
