# shellcheck shell=bash
# What the stories of tests/cluster/stories.sh are told with. Sourced by run, which has set: dir (of the cluster), topology
# (q: two nodes and qnetd; 3: and a third node without ZFS), slow (how many times slower than a quiet machine this one is).

cluster() { "$here/cluster" "$dir" "$@"; }
on() { cluster on "$@"; }
log() { printf '    %s %s\n' "$(date +%T)" "$*"; }
wrong() { echo "WRONG: $*" | tee -a "$dir/wrong"; return 1; }
slowly() { echo $(($1 * slow / 100)); } # SECONDS

other() { if [[ $1 == host1 ]]; then echo host2; else echo host1; fi; }
witness() { if [[ $topology == 3 ]]; then echo n3; else echo "${1:-host1}"; fi; } # a node that has a say

# within SECONDS CMD...: until it succeeds.
within() {
	local end=$((SECONDS + $(slowly "$1")))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.3
	done
}
must() { # SECONDS WHAT CMD...
	local what=$2 seconds=$1
	shift 2
	within "$seconds" "$@" || { wrong "$what: not within $(slowly "$seconds") s"; return 1; }
}

# --- what is so ---

told() { on "$1" cat "/run/resource-agents/zrep-${2:-data}.told" 2>/dev/null; } # NODE [RESOURCE]
is_told() { [[ $(told "$1" "${3:-data}") == "$2" ]]; }                          # NODE WHAT [RESOURCE]
promoted() { # prints the node that is
	local n
	for n in host1 host2; do ! is_told "$n" promoted || echo "$n"; done
}
nobody() { [[ -z $(promoted) ]]; }
role() { on "$1" zrep role tank/a; }
epoch() { role "$1" | cut -d" " -f2; }
fact() { # NAME [NODE]: of the CIB, asked on a node that is up
	local n
	for n in n3 host1 host2; do
		[[ -e $dir/$n/power && $(<"$dir/$n/power") == on ]] || continue
		if [[ -n ${2:-} ]]; then
			on "$n" crm_attribute -N "$2" -l forever -n "$1" -G -q 2>/dev/null
		else
			on "$n" crm_attribute -t crm_config -s zrep-facts -n "$1" -G -q 2>/dev/null
		fi && return
	done
}
score() { on "$1" crm_attribute --promotion=data -N "$1" -G -q 2>/dev/null; }
in_step() { [[ $(fact zrep-current-data "$1") == yes ]]; } # NODE
writes() { on "$1" bash -c 'kill -0 $(cat /run/resource-agents/writer.pid)' 2>/dev/null; }
is_off() { [[ $(<"$dir/$1/power") == off ]]; }
is_online() { on "$(witness "$1")" crm_mon -1 2>/dev/null | grep -q "Online:.* $1 "; }
failed() { on "$(witness "$1")" crm_mon -1 2>/dev/null | grep -q "data .*on $1 '"; } # an action failed there
reasons() { on "$1" crm_mon -1 2>/dev/null | sed -n '/Failed Resource Actions/,$p'; }

settled() {
	m=$(promoted)
	[[ $m == host1 || $m == host2 ]] || return 1
	r=$(other "$m")
	is_told "$r" unpromoted && writes "$m" && in_step "$r" && [[ $(score "$r") == 100 && $(score "$m") == 1000 ]] &&
		[[ $(role "$m") == 'master '*' ok' && $(role "$r") == 'replica '*' replica' ]]
}

# One promoted, the other a replica that is in step: who is which, in $m and $r.
# shellcheck disable=SC2120
healthy() { # [SECONDS]
	within "${1:-240}" settled || { wrong "not healthy within $(slowly "${1:-240}") s: $(state)"; return 1; }
}
state() {
	local n
	for n in host1 host2; do echo "$n: power $(<"$dir/$n/power"), told $(told "$n"), zrep $(role "$n" 2>&1), score $(score "$n"), current $(fact zrep-current-data "$n");"; done
	echo "epoch $(fact zrep-epoch-data)"
	on "$(witness)" crm_mon -1rf 2>&1 | sed -n '/Node List/,$p'
}

boots() { grep -c ': up$' "$dir/$1/console"; }
# stays SECONDS WHAT CMD...: so, all that time.
stays() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	while [[ $SECONDS -lt $end ]]; do
		"$@" || { wrong "$what: no longer"; return 1; }
		sleep 0.5
	done
}

# --- what was written ---

# Everything that was acknowledged until now must stay: it is synced. (What is on the list twice does no harm.)
synced() {
	cp "$dir/acked" "$dir/acked.now"
	on "$m" zrep --wait 30 sync --quiet tank/a || wrong "sync on $m"
	cp "$dir/acked.now" "$dir/must"
}
# The same for a move in which nothing may be lost: call it when nobody writes any more.
nothing_lost() { cp "$dir/acked" "$dir/must"; }

# What was acknowledged since the line of that number, too.
none_lost_since() { tail -n "+$(($1 + 1))" "$dir/acked" >>"$dir/must"; }
acknowledged() { wc -l <"$dir/acked"; }

# missing_from NODE DATASET <names: those that are not there.
missing_from() {
	local names
	mapfile -t names < <(cut -d' ' -f1)
	[[ ${#names[@]} -gt 0 ]] || return 0
	echo written >"$dir/written"
	local args=()
	for n in "${names[@]}"; do args+=("$dir/written" "$2" "$n"); done
	paste -d' ' <(printf '%s\n' "${names[@]}") <(printf '%s\0' "${args[@]}" | on "$1" xargs -0 -n 3000 uzctl same) | awk '$2 != "same" { print $1 }'
}

# After each story: one master of the highest epoch, what must be there is, and what a loser alone had is kept.
invariants() {
	local n ds left
	healthy || return 1
	[[ $(epoch "$m") == "$(epoch "$r")" ]] || wrong "epochs differ: $(role "$m"), $(role "$r")"
	[[ $(fact zrep-epoch-data) == "$(epoch "$m")" ]] || wrong "the CIB says epoch $(fact zrep-epoch-data), zrep $(epoch "$m")"
	# Whoever was promoted and nobody's business changed stays so: an action that failed, and was recovered from, is an outage.
	left=$(reasons "$(witness)" | grep '  \* data')
	[[ -n $may_fail || -z $left ]] || wrong "failed meanwhile: $left"
	cut -d' ' -f1 "$dir/acked" | sort >"$dir/all"
	missing_from "$m" tank/a <"$dir/all" | sort >"$dir/missing"
	# What was shown to be kept once is not looked for again.
	comm -23 "$dir/missing" "$dir/kept" >"$dir/left"
	left=$(cut -d' ' -f1 "$dir/must" | sort | comm -12 - "$dir/left" | head -n 3)
	[[ -z $left ]] || wrong "lost, though it had been synced: ${left//$'\n'/ }"
	for n in host1 host2; do
		for ds in $(on "$n" zfs list -H -o name -t filesystem | grep '^tank/a_kept_'); do
			[[ -s $dir/left ]] || break 2
			missing_from "$n" "$ds" <"$dir/left" | sort >"$dir/still"
			comm -23 "$dir/left" "$dir/still" >"$dir/found"
			sort -m -o "$dir/kept" "$dir/kept" "$dir/found"
			mv "$dir/still" "$dir/left"
		done
	done
	[[ ! -s $dir/left ]] || wrong "written, acknowledged, and neither there nor kept: $(wc -l <"$dir/left"), $(head -n 3 "$dir/left" | tr '\n' ' ')"
	log "$(wc -l <"$dir/all") writes acknowledged so far, $(wc -l <"$dir/kept") of them kept aside, on $m at epoch $(epoch "$m")"
}

# --- times ---

now() { date +%s.%N; }
when_told() { on "$1" stat -c %.Y "/run/resource-agents/zrep-${2:-data}.told"; } # NODE [RESOURCE]: when it became what it is
since() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b - a }'; }
# time_of WHAT SECONDS MORE: said, and kept for the end.
time_of() {
	echo "time: $1: $2 s ($3)"
	printf '%s: %s\t%s\n' "$topology" "$1" "$2" >>"$measured"
	sed 's/, /\n/g' <<<"$3" | sed -nE "s/.*(takeover|yield|rejoin) on host[12] ([0-9.]+) s.*/$topology: zrep \1\t\2/p" >>"$measured"
}
# zrep_share SINCE: what its changes of the role took since then, for each of them.
zrep_share() {
	awk -v since="$1" '$2 >= since { s = $2; e = $3; st = $4; n = $1; for (i = 5; i <= NF; i++) if ($i ~ /^(takeover|yield|failover|rejoin)$/) break
		printf "%s%s on %s %.1f s%s", sep, $i, n, e - s, st ? " (status " st ")" : ""; sep = ", " }' "$dir/times"
}
# logged NODE SINCE PATTERN: when that was first logged there since, in seconds since then; - if it was not.
logged() {
	local stamp line # (their clock has no year)
	while IFS= read -r line; do
		stamp=$(date -d "$(cut -d' ' -f1-3 <<<"$line")" +%s.%N 2>/dev/null) || continue
		awk -v a="$2" -v b="$stamp" 'BEGIN { exit b < a }' || continue
		since "$2" "$stamp"
		return
	done < <(cat "$dir/$1/root/var/log/corosync/corosync.log" "$dir/$1/root/var/log/pacemaker/pacemaker.log" 2>/dev/null | grep -E "$3" | tail -n 20)
	echo -
}
# tell_death T0: a node was killed then, $1 is when; the promoted one is $m.
tell_death() {
	time_of "node's death until promoted" "$(since "$1" "$(when_told "$m")")" "membership after $(logged "$m" "$1" 'A new membership'), fencing after $(logged "$(witness "$m")" "$1" "Operation 'reboot'.*(OK|succeeded)|Operation reboot.*: OK"), $(zrep_share "$1")"
}

# --- what is done ---

power() { # on|off|reset NODE...: all at the same moment
	local what=$1 n pids=()
	shift
	for n; do cluster power "$n" "$what" & pids+=($!); done
	wait "${pids[@]}"
}
stay_off() { local n; for n; do cluster stays "$n" off; done; }
come_back() { # NODE...: is switched on, and may be reset again
	local n
	for n; do cluster stays "$n" on; done
	for n; do ! is_off "$n" || cluster power "$n" on; done
}

move_to() { # NODE: a planned move
	on "$(witness)" crm_resource --resource data-clone --move --promoted --node "$1" >/dev/null 2>&1 ||
		on "$(witness)" crm_resource --resource data-clone --move --master --node "$1" >/dev/null 2>&1
}
unmove() { on "$(witness)" crm_resource --resource data-clone --clear >/dev/null 2>&1; }
property() { # NAME [VALUE]
	if [[ -n ${2:-} ]]; then set -- -n "$1" -v "$2"; else set -- -n "$1" -D; fi
	on "$(witness)" crm_attribute -t crm_config "$@" >/dev/null 2>&1
}
standby() { on "$(witness)" crm_standby -N "$1" -v "$2"; } # NODE on|off
cleanup() { on "$(witness)" crm_resource --cleanup >/dev/null 2>&1; }
parameter() { # NAME [VALUE]
	if [[ -n ${2:-} ]]; then
		on "$(witness)" crm_resource -r data --set-parameter "$1" --parameter-value "$2" >/dev/null 2>&1
	else
		on "$(witness)" crm_resource -r data --delete-parameter "$1" >/dev/null 2>&1
	fi
}
agent() { # NODE ACTION [NAME=VALUE...]: by hand, on no cluster's behalf
	local n=$1 action=$2
	shift 2
	on "$n" env OCF_RESOURCE_INSTANCE=byhand "$@" /usr/lib/ocf/resource.d/zrep/zrep "$action"
}
hook() { # NODE NAME LINE...: a hook of zrep's there; without lines it is taken away
	local f=$dir/lab/$1/hooks.d/$2
	shift 2
	if [[ $# -eq 0 ]]; then rm -f "$f"; return; fi
	{ echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$f"
	chmod 755 "$f"
}
# Replication by "zrep run", off or on again; over a boot too.
replication() { # off|on NODE...
	local what=$1 n
	shift
	for n; do
		if [[ $what == off ]]; then
			: >"$dir/$n/no-run"
			on "$n" pkill -f 'zrep run' || :
		else
			rm -f "$dir/$n/no-run"
		fi
	done
}
