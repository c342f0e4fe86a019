# shellcheck shell=bash
# The stories. Each begins with a healthy cluster, $m promoted and $r its replica, and something that writes all the time on
# $m; it ends when the cluster is on its way to be healthy again. Then invariants (lib.sh) waits for that, and looks at what
# was written, and at actions that failed, unless the story says may_fail. A line "# on: 3" before one says that it is told with that topology only.

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


# Nobody knows the replica but the CIB, which says that it was in step: it is promoted.
# on: 3
g01_replica_alone() {
	synced
	stay_off "$m"
	power off "$m" "$r"
	cluster power "$r" on
	must 150 "promoted on $r, alone" is_told "$r" promoted
	come_back "$m"
}
# on: 3
g01_master_alone() {
	local e
	e=$(epoch "$m")
	stay_off "$r"
	power off "$m" "$r"
	nothing_lost
	cluster power "$m" on
	must 150 "promoted on $m, alone" is_told "$m" promoted
	[[ $(epoch "$m") == "$e" ]] || wrong "epoch $(epoch "$m"), and nobody took it over: $e"
	come_back "$r"
}
# Where nobody else has a newer CIB, who comes back alone waits for the other. (Corosync does not: qnetd votes for it.)
# on: q
g01_alone_waits() {
	stay_off "$m"
	power off "$m" "$r"
	nothing_lost
	cluster power "$r" on
	stays 15 "$r waits" is_not_promoted "$r"
	come_back "$m"
}
is_not_promoted() { ! is_told "$1" promoted; }

# --- 2: planned moves ---

moved() { # T0: prints what it took
	local closed
	closed=$(awk -v since="$1" '$2 >= since && / yield / { print $2; exit }' "$dir/times")
	time_of 'planned move until promoted' "$(since "$1" "$(when_told "$m")")" "$(zrep_share "$1"), nobody could write for $(since "${closed:-$1}" "$(when_told "$m")") s at most"
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
g02_stop_one() {
	local b
	b=$(boots "$m")
	cluster daemons "$m" stop || wrong "$m: Pacemaker does not stop"
	nothing_lost
	must 60 "promoted on $r" is_told "$r" promoted
	cluster daemons "$m" start
	healthy
	[[ $(boots host1)$(boots host2) == *"$b"* ]] || wrong 'somebody was fenced'
}
# All of the cluster stops, and starts again: what made way, or rests, is promoted without anybody's help.
g02_stop_all() {
	local b
	b=$(boots host1)-$(boots host2)
	cluster daemons "$r" stop || wrong "$r: Pacemaker does not stop"
	cluster daemons "$m" stop || wrong "$m: Pacemaker does not stop"
	nothing_lost
	[[ $(role "$m") == resting* ]] || wrong "$m was stopped: $(role "$m")"
	cluster daemons "$m" start
	cluster daemons "$r" start
	healthy
	[[ $(boots host1)-$(boots host2) == "$b" ]] || wrong 'somebody was fenced'
}
# The one that was stopped first comes first. It has not what the other one wrote since, and is not promoted without it.
# on: 3
g02_other_first() {
	may_fail=yes
	local old=$m
	cluster daemons "$m" stop || wrong "$m: Pacemaker does not stop"
	must 60 "promoted on $r" is_told "$r" promoted
	must 60 "$m known to be away" is_away "$m"
	sleep 3
	cluster daemons "$r" stop || wrong "$r: Pacemaker does not stop"
	nothing_lost
	cluster daemons "$old" start
	stays 20 "$old waits" is_not_promoted "$old"
	cluster daemons "$r" start
}
is_away() { [[ $(fact zrep-current-data "$1") == no ]]; }

# --- 3: the promoted node dies ---

# dies: the promoted node, at once; the other one takes its place.
dies() {
	local t0
	t0=$(now)
	cluster power "$m" off
	must 150 "promoted on $r" is_told "$r" promoted || return
	m=$r
	tell_death "$t0"
}
g03_dies() {
	local old=$m
	synced
	sleep 2
	dies || return
	must 120 "$old is back" is_online "$old"
}
g03_dies_idle() {
	on "$m" crm_resource -r writer --set-parameter target-role --meta --parameter-value Stopped >/dev/null 2>&1
	within 30 is_not_writing "$m"
	synced
	nothing_lost
	dies || return
	on "$(witness "$m")" crm_resource -r writer --delete-parameter target-role --meta >/dev/null 2>&1
}
is_not_writing() { ! writes "$1"; }
# The replica's side still receives, and does not know yet that nothing comes any more.
g03_dies_in_sync() {
	synced
	head -c 8M /dev/urandom | on "$m" uzctl put tank/a big
	on "$m" setsid zrep --wait 30 --limit 300K sync tank/a >/dev/null 2>&1 </dev/null &
	within 20 receives "$r"
	sleep 1
	dies || return
}
receives() { on "$1" pgrep -f 'zrep agent'; }
# Its successor dies as well, while it takes over.
g03_again() {
	may_fail=yes
	synced
	cluster power "$m" off
	within 60 takes "$r" || wrong "$r never took over"
	cluster power "$r" reset
}
takes() { on "$1" pgrep -f ' takeover '; }

# --- 4: the replica's node dies ---

g04_replica_dies() {
	local e
	e=$(epoch "$m")
	stay_off "$r"
	cluster power "$r" off
	must 60 "$r known to be away" is_away "$r"
	stays 5 "$m goes on" is_told "$m" promoted
	writes "$m" || wrong "nobody writes on $m"
	nothing_lost
	come_back "$r"
	healthy
	[[ $(epoch "$m") == "$e" ]] || wrong "the role moved to $m at epoch $(epoch "$m")"
}

# --- 5: the network ---

# The promoted side is isolated; the cut outlasts its reboot.
g05_cut_promoted() {
	local t0 b
	b=$(boots "$m")
	synced
	t0=$(now)
	cluster cut "$m"
	must 150 "promoted on $r" is_told "$r" promoted
	[[ $(boots "$m") -gt $b ]] || must 30 "$m was fenced" has_booted "$m" "$b"
	stays 5 "$m is cut off, and harmless" is_not_promoted "$m"
	cluster join "$m"
	m=$r
	tell_death "$t0"
}
has_booted() { [[ $(boots "$1") -gt $2 ]]; }
g05_cut_replica() {
	local b
	b=$(boots "$r")
	cluster cut "$r"
	must 120 "$r was fenced" has_booted "$r" "$b"
	is_told "$m" promoted || wrong "$m is not promoted"
	nothing_lost
	cluster join "$r"
}
# on: 3
g05_cut_witness() {
	local b
	b=$(boots host1)-$(boots host2)-$(boots n3)
	cluster cut n3
	sleep "$(slowly 10)"
	cluster join n3
	nothing_lost
	healthy
	[[ $b == "$(boots host1)-$(boots host2)-"* ]] || wrong 'a node with data was fenced'
	must 120 'n3 is back' is_online n3
}
# It heals before anybody noticed.
g05_cut_short() {
	local b e
	b=$(boots host1)-$(boots host2) e=$(epoch "$m")
	cluster cut "$m"
	sleep 0.7
	cluster join "$m"
	sleep 5
	nothing_lost
	healthy
	[[ $(boots host1)-$(boots host2) == "$b" && $(epoch "$m") == "$e" ]] || wrong 'somebody was fenced'
}
# Corosync's packets arrive, and ssh is dead: on the replica's side, then on the master's.
g05_ssh_dead() {
	may_fail=yes
	local at old
	for at in r m; do
		old=$m
		on "${!at}" pkill -f '^/usr/sbin/sshd'
		move_to "$r"
		must 200 "promoted on $r, with no sshd on $at" is_told "$r" promoted
		nothing_lost
		on "$(witness)" true
		cluster power "${!at}" reset
		unmove
		healthy || return
	done
}
# Both see the witness, and not each other.
# on: q
g05_parted() {
	synced
	cluster part host1
	cluster part host2
	sleep "$(slowly 30)"
	[[ $(promoted | wc -l) -le 1 ]] || wrong "promoted: $(promoted)"
	cluster join host1 host2
}

# --- 6: fencing ---

g06_fencing_fails() {
	synced
	cluster board "$m" broken
	cluster stays "$m" off
	cluster power "$m" off
	stays 30 "$r waits for the fencing of $m" is_not_promoted "$r"
	cluster board "$m" ok
	must 200 "promoted on $r" is_told "$r" promoted
	come_back "$m"
}
# It says yes, and the node runs on: both are masters for a while, of two epochs, and the loser's writes are kept.
# on: 3
g06_fencing_lies() {
	may_fail=yes
	local old=$m
	synced
	cluster board "$m" lies
	cluster cut "$m"
	must 150 "promoted on $r" is_told "$r" promoted
	must 100 "$old, without quorum, is closed" is_not_promoted "$old"
	cluster board "$old" ok
	cluster join "$old"
	sleep 3
	cluster power "$old" reset
}

# --- 7: who comes back, and when ---

g07_both_reset() {
	local e
	e=$(epoch "$m")
	power off host1 host2
	nothing_lost
	power on host1 host2
	healthy
	[[ $(epoch "$m") == "$e" ]] || wrong "the role moved: epoch $(epoch "$m")"
}
# One died after the other, and the first comes back alone. Its disks say that it is the master.
g07_outdated_master() {
	local old=$m from
	synced
	stay_off "$m"
	cluster power "$m" off
	must 150 "promoted on $r" is_told "$r" promoted || return
	from=$(acknowledged)
	must 60 "it is written on $r" has_grown "$from"
	sleep 5
	stay_off "$r"
	cluster power "$r" off
	none_lost_since "$from"
	come_back "$old"
	[[ $(role "$old") == master* ]] || wrong "$old came back as $(role "$old")"
	stays 40 "$old, outdated, waits" is_not_promoted "$old"
	come_back "$r"
}
has_grown() { [[ $(acknowledged) -gt $1 ]]; }
# The replica was away for a while, the master dies, the replica comes back alone. Its disks say that it is a good replica.
g07_outdated_replica() {
	stay_off "$r"
	cluster power "$r" off
	must 90 "$r known to be away" is_away "$r"
	sleep 3
	stay_off "$m"
	cluster power "$m" off
	nothing_lost
	come_back "$r"
	[[ $(role "$r") == replica* ]] || wrong "$r came back as $(role "$r")"
	stays 40 "$r, outdated, waits" is_not_promoted "$r"
	come_back "$m"
}

# --- 8: a former master returns ---

g08_with_snapshot() {
	local old=$m kept
	synced
	replication off host1 host2
	sleep 2
	on "$m" zfs snapshot tank/a@mine
	sleep 1
	cluster power "$m" off
	must 150 "promoted on $r" is_told "$r" promoted
	replication on host1 host2
	healthy
	kept=$(on "$old" zfs list -H -o name -t snapshot | grep '_kept_.*@mine$')
	[[ -n $kept ]] || wrong "$old came back, and its snapshot @mine is not kept"
}
g08_not_by_itself() {
	local old=$m
	parameter auto_rejoin false
	healthy || return
	old=$m
	synced
	sleep 1
	cluster power "$m" off
	must 150 "promoted on $r" is_told "$r" promoted
	must 120 "$old is back" is_told "$old" unpromoted
	stays 15 "$old waits for an operator" still_master "$old"
	on "$old" zrep rejoin tank/a >/dev/null || wrong "rejoin on $old"
	healthy
	parameter auto_rejoin
}
still_master() { [[ $(role "$1") == master* ]]; }

# --- 9: the replica is behind ---

g09_behind() {
	local old=$m
	replication off host1 host2
	must 120 "$r known to be behind" is_away "$r"
	stay_off "$m"
	cluster power "$m" off
	nothing_lost
	stays 40 "$r, behind, waits" is_not_promoted "$r"
	come_back "$m"
	must 150 "promoted on $old again" is_told "$old" promoted
	replication on host1 host2
}
# A planned move of one that is behind sends what there is.
g09_behind_moved() {
	local old=$m
	replication off host1 host2
	must 120 "$r known to be behind" is_away "$r"
	standby "$m" on
	must 120 "promoted on $r" is_told "$r" promoted
	nothing_lost
	standby "$old" off
	replication on host1 host2
}

# It is so far behind that the cluster's patience does not last for the rest: the master closes, and can be had again.
g09_far_behind() {
	may_fail=yes
	local old=$m e b f=$dir/lab/$m/defaults
	e=$(epoch "$m") b=$(boots "$m")
	replication off host1 host2
	must 120 "$r known to be behind" is_away "$r"
	printf '#!/usr/bin/perl\n$| = 1; while (sysread(STDIN, $b, 16384)) { print $b; sleep 1 }\n' >"$dir/slowly"
	chmod 755 "$dir/slowly"
	echo "ZREP_OUTFILTER=$dir/slowly" >"$f"
	head -c 4M /dev/urandom | on "$m" uzctl put tank/a big
	op_timeout demote 30
	standby "$m" on
	must 120 "$old has closed" is_role "$old" resting
	must 60 'nobody is promoted' nobody
	nothing_lost
	stays 10 'nobody is promoted' nobody
	rm -f "$f"
	standby "$old" off
	must 120 "promoted on $old again" is_told "$old" promoted
	[[ $(epoch "$old") == "$e" && $(boots "$old") == "$b" ]] || wrong "epoch $(epoch "$old"), it was $e; or it was fenced"
	op_timeout demote "$(slowly 60)"
	replication on host1 host2
}

# --- 10: a demote that fails ---

# A hook of zrep's forbids it: the master only closes, and the other side does not get it, until the hook is gone.
g10_hook() {
	may_fail=yes
	local b old=$m
	b=$(boots "$m")
	hook "$m" pre-demote 'exit 1'
	move_to "$r"
	must 120 "the promote failed on $r" failed "$r"
	nothing_lost
	hook "$old" pre-demote
	must 240 "promoted on $r" is_told "$r" promoted
	[[ $(boots "$old") -eq $b ]] || wrong "$old was fenced"
	unmove
}
# A sync is at work; its end is waited for.
g10_in_sync() {
	may_fail=yes
	head -c 3M /dev/urandom | on "$m" uzctl put tank/a big
	on "$m" setsid zrep --wait 30 --limit 400K sync tank/a >/dev/null 2>&1 </dev/null &
	sleep 2
	move_to "$r"
	must 120 "promoted on $r" is_told "$r" promoted
	nothing_lost
	unmove
}
op_timeout() { # ACTION SECONDS
	echo "<op id=\"data-$1\" name=\"$1\" interval=\"0\" timeout=\"$2s\"/>" | on "$(witness)" cibadmin --modify --xml-pipe >/dev/null 2>&1
}
# The cluster's patience ends in the middle of it.
g10_timed_out() {
	may_fail=yes
	local old=$m
	synced
	op_timeout demote 15
	on "$m" uzctl arm -m 5 before wait >/dev/null
	move_to "$r"
	within 60 failed "$old"
	on "$old" uzctl disarm >/dev/null 2>&1
	must 200 "promoted on $r" is_told "$r" promoted
	op_timeout demote "$(slowly 60)"
	unmove
}

# --- 11: a promote that fails ---

g11_once() {
	may_fail=yes
	hook "$r" pre-promote "[ ! -e $dir/once ] || exit 0" ": >$dir/once" 'exit 1'
	rm -f "$dir/once"
	move_to "$r"
	must 200 "promoted on $r" is_told "$r" promoted
	nothing_lost
	[[ -e $dir/once ]] || wrong 'the hook was not run'
	hook "$r" pre-promote
	unmove
}
# As long as it fails there the former one can have it again.
g11_always() {
	may_fail=yes
	hook "$r" pre-promote 'exit 1'
	move_to "$r"
	must 120 "the promote failed on $r" failed "$r"
	unmove
	on "$(witness)" crm_resource --ban -r data-clone --node "$r" >/dev/null 2>&1
	must 200 "promoted on $m again" is_told "$m" promoted
	nothing_lost
	hook "$r" pre-promote
	unmove
}
g11_timed_out() {
	may_fail=yes
	op_timeout promote 15
	on "$r" uzctl arm -m 4 "${1:-before}" wait >/dev/null
	move_to "$r"
	within 60 failed "$r"
	on "$r" uzctl disarm >/dev/null 2>&1
	must 200 "promoted on $r" is_told "$r" promoted
	nothing_lost
	op_timeout promote "$(slowly 60)"
	unmove
}
g11_timed_out_after() { g11_timed_out after; }

# --- 12: by hand ---

g12_maintenance() {
	may_fail=yes
	local old=$m
	property maintenance-mode true
	sleep 2
	on "$m" pkill -f resource.d/test/writer
	nothing_lost
	on "$m" zrep --wait 30 failover tank/a >/dev/null 2>&1 || wrong 'failover by hand'
	property maintenance-mode
	must 150 "promoted on $r" is_told "$r" promoted
}
g12_by_hand() {
	on "$m" crm_resource -r data --force-check >/dev/null 2>&1
	[[ $? -eq 8 ]] || wrong "--force-check on $m"
	# The agent is upgraded while it is in use.
	{ cat "$repo/cluster/zrep"; echo '# (upgraded)'; } >"$dir/agent.new"
	chmod 755 "$dir/agent.new"
	mv "$dir/agent.new" "$dir/agent"
	on "$m" crm_resource -r data-clone --set-parameter is-managed --meta --parameter-value false >/dev/null 2>&1
	sleep 3
	is_told "$m" promoted || wrong 'unmanaged, and no longer promoted'
	on "$m" crm_resource -r data-clone --delete-parameter is-managed --meta >/dev/null 2>&1
	cleanup
	sleep 5
	nothing_lost
	is_told "$m" promoted || wrong 'a cleanup has cost the promotion'
}

# --- 13: without quorum ---

no_quorum() { # POLICY ROLE: what becomes of the promoted one that is left alone
	property no-quorum-policy "$1"
	stay_off "$r" n3
	power off "$r" n3
	must 120 "$m without quorum is $2" is_role "$m" "$2"
	nothing_lost
	come_back "$r" n3
	healthy
	property no-quorum-policy
}
is_role() { [[ $(role "$1") == "$2"* ]]; }
# on: 3
g13_stop() { no_quorum stop resting; }
# on: 3
g13_demote() { no_quorum demote resting; }
# on: 3
g13_freeze() { no_quorum freeze master; }

# --- 14: trees, volumes, several resources, users ---

resource() { # NAME DATASET: one more, beside "data"
	local only=''
	[[ $topology != 3 ]] || only="<rsc_location id=\"n3-$1\" rsc=\"$1-clone\" node=\"n3\" score=\"-INFINITY\" resource-discovery=\"never\"/>"
	resources | sed "s/id=\"data/id=\"$1/g; s,value=\"tank/a\",value=\"$2\"," | on "$(witness)" cibadmin --create -o resources --xml-pipe >/dev/null 2>&1
	[[ -z $only ]] || on n3 cibadmin --create -o constraints --xml-text "$only" >/dev/null 2>&1
}
no_resource() { # NAME DATASET: as if it had never been
	local n
	on "$(witness)" crm_resource --resource "$1-clone" --set-parameter target-role --meta --parameter-value Stopped >/dev/null 2>&1
	for n in host1 host2; do within 120 is_told "$n" '' "$1" || wrong "$1 does not stop on $n"; done
	on "$(witness)" cibadmin --delete -o constraints --xml-text "<rsc_location id=\"n3-$1\"/>" >/dev/null 2>&1
	on "$(witness)" cibadmin --delete -o constraints --xml-text "<rsc_location id=\"cli-prefer-$1-clone\"/>" >/dev/null 2>&1
	on "$(witness)" cibadmin --delete -o resources --xml-text "<clone id=\"$1-clone\"/>" >/dev/null 2>&1
	for n in host1 host2; do
		on "$n" bash -c "for d in \$(zfs list -H -o name -r $2); do zrep clear -f \$d; done" >/dev/null 2>&1
		on "$(witness)" crm_attribute -N "$n" -l forever -n "zrep-current-$1" -D >/dev/null 2>&1
	done
	on "$(witness)" crm_attribute -t crm_config -s zrep-facts -n "zrep-epoch-$1" -D >/dev/null 2>&1
	cleanup
}
has_moved() { is_told "$1" promoted "$2" && is_told "$(other "$1")" unpromoted "$2" && [[ $(fact "zrep-current-$2" "$(other "$1")") == yes ]]; }

# A tree of fifty, beside the other one: both are moved, and both are taken over when the node dies.
g14_tree() {
	local t0 i old=$m
	on "$m" bash -c 'zfs create -u tank/t && for i in $(seq 49); do zfs create -u tank/t/$i || exit; done' &&
		on "$m" zrep init -R tank/t "$r" tank/t >/dev/null && on "$m" zfs set zrep:rpo=60s tank/t && on "$r" zfs set zrep:rpo=60s tank/t || wrong 'no tree'
	resource tree tank/t
	must 120 "the tree is promoted on $m" has_moved "$m" tree || return
	for i in 7 49; do echo first | on "$m" uzctl put "tank/t/$i" file; done
	t0=$(now)
	on "$(witness)" crm_resource --resource tree-clone --move --promoted --node "$r" >/dev/null 2>&1
	must 120 "the tree is promoted on $r" is_told "$r" promoted tree || return
	time_of 'planned move of a tree of 50 until promoted' "$(since "$t0" "$(when_told "$r" tree)")" "$(zrep_share "$t0")"
	for i in 7 49; do [[ $(on "$r" uzctl get "tank/t/$i" file) == first ]] || wrong "tank/t/$i is not what it was"; done
	t0=$(now)
	on "$(witness)" crm_resource --resource tree-clone --move --promoted --node "$m" >/dev/null 2>&1
	must 120 "the tree is promoted on $m again" has_moved "$m" tree || return
	on "$(witness)" crm_resource --resource tree-clone --clear >/dev/null 2>&1
	for i in 7 49; do echo second | on "$m" uzctl put "tank/t/$i" file2; done
	on "$m" zrep --wait 30 sync --quiet -R tank/t || wrong "sync of the tree"
	synced
	t0=$(now)
	cluster power "$m" off
	must 150 "promoted on $r" is_told "$r" promoted || return
	must 150 "the tree is promoted on $r" is_told "$r" promoted tree || return
	time_of "node's death until a tree of 50 is promoted" "$(since "$t0" "$(when_told "$r" tree)")" "$(zrep_share "$t0")"
	for i in 7 49; do [[ $(on "$r" uzctl get "tank/t/$i" file2) == second ]] || wrong "tank/t/$i is not what it was"; done
	must 240 "the tree has its replica again on $old" has_moved "$r" tree
	no_resource tree tank/t
	for i in host1 host2; do on "$i" zfs destroy -r tank/t; done
}
g14_volume() {
	local i
	on "$m" zfs create -V 8M tank/v && on "$m" zrep init tank/v "$r" tank/v >/dev/null && on "$m" zfs set zrep:rpo=60s tank/v && on "$r" zfs set zrep:rpo=60s tank/v || wrong 'no volume'
	resource vol tank/v
	must 120 "the volume is promoted on $m" has_moved "$m" vol || return
	echo first | on "$m" uzctl put tank/v 4096
	on "$(witness)" crm_resource --resource vol-clone --move --promoted --node "$r" >/dev/null 2>&1
	must 120 "the volume is promoted on $r" has_moved "$r" vol || return
	[[ $(on "$r" uzctl get tank/v 4096+5) == first ]] || wrong 'the volume is not what it was'
	no_resource vol tank/v
	for i in host1 host2; do on "$i" zfs destroy -r tank/v; done
}
# ocf-tester goes through all actions of a pair of its own, for real.
g14_ocf_tester() {
	local said
	on "$m" zfs create -u tank/s && on "$m" zrep init tank/s "$r" tank/s >/dev/null || wrong 'no pair'
	said=$(on "$m" ocf-tester -n scratch -o dataset=tank/s /usr/lib/ocf/resource.d/zrep/zrep 2>&1) || wrong "ocf-tester: $said"
	on "$m" zrep clear -f tank/s >/dev/null 2>&1; on "$r" zrep clear -f tank/s >/dev/null 2>&1
	on "$m" zfs destroy -r tank/s; on "$r" zfs destroy -r tank/s
	on "$m" /usr/lib/ocf/resource.d/zrep/zrep meta-data >"$dir/meta.xml"
	cp /usr/share/resource-agents/ra-api-1.dtd "$dir/"
	xmllint --nonet --noout --relaxng /usr/share/resource-agents/metadata.rng "$dir/meta.xml" 2>"$dir/lint" || wrong "meta-data: $(head -n 3 "$dir/lint")"
	xmllint --nonet --noout --dtdvalid /usr/share/resource-agents/ra-api-1.dtd "$dir/meta.xml" 2>"$dir/lint" || wrong "meta-data: $(head -n 3 "$dir/lint")"
}

# The recipe of zrep-cluster(7), as it is printed, on a dataset of its own: all of it into a copy of the configuration, and
# the role, the address and what orders them into the cluster itself.
recipe() { # pcs|crmsh SECTION...
	local front=$1 section
	shift
	for section; do
		awk -v front="$front" -v section="$section" '
			/^\.Sh / { inside = substr($0, 5) == section }
			/^\.Ss / { mine = $2 == front }
			/^\.Bd/ { text = 1; next }
			/^\.Ed/ { text = 0 }
			inside && mine && text { sub(/^host1# /, ""); sub(/^\t+/, ""); if (sub(/\\e$/, "")) printf "%s", $0; else print }' "$repo/man/zrep-cluster.7"
	done
}
# It names things as those that are there already.
renamed() { sed -E 's/fence-host/ipmi-host/g; s/\bdata-clone\b/dbdata-clone/g; s/\bdata\b( ocf|$| meta| \\)/dbdata\1/g; s/(clone dbdata-clone) data /\1 dbdata /; s/data-not-n3/dbdata-not-n3/'; }
tell_recipe() { # pcs|crmsh
	local front=$1 line n=0
	on "$m" zfs create -u tank/db && on "$m" zrep init tank/db "$r" tank/db >/dev/null && on "$m" zfs set zrep:rpo=60s tank/db && on "$r" zfs set zrep:rpo=60s tank/db || wrong 'no pair'
	on "$m" cibadmin --query >"$dir/$m/root/etc/corosync/copy.xml"
	while IFS= read -r line; do
		n=$((n + 1))
		case $front in
		pcs) on "$m" bash -c "pcs -f /etc/corosync/copy.xml ${line#pcs }" ;;
		crmsh) on "$m" env CIB_file=/etc/corosync/copy.xml bash -c "$line" ;;
		esac >"$dir/said" 2>&1 </dev/null || wrong "$line: $(cat "$dir/said")"
	done < <(recipe "$front" FENCING 'THE ROLE' 'WHAT USES THE DATA' | renamed)
	[[ $n -ge 9 ]] || wrong "$n commands of $front in the manual"
	on "$m" crm_verify --xml-file /etc/corosync/copy.xml >"$dir/said" 2>&1 || wrong "$(cat "$dir/said")"
	while IFS= read -r line; do
		# There is no such database here.
		case $line in
		pcs*'create database'*) line+=' --disabled' ;;
		crm*'primitive database'*) line+=' meta target-role=Stopped' ;;
		esac
		on "$m" bash -c "$line" >"$dir/said" 2>&1 </dev/null || wrong "$line: $(cat "$dir/said")"
	done < <(recipe "$front" 'THE ROLE' 'WHAT USES THE DATA' | renamed)
	must 120 "the recipe's resource is promoted on $m" has_moved "$m" dbdata
	must 60 "the address is on $m" has_address "$m"
	on "$m" crm_resource --resource dbdata-clone --move --promoted --node "$r" >/dev/null 2>&1
	must 120 "the recipe's resource is promoted on $r" has_moved "$r" dbdata
	must 60 "the address is on $r" has_address "$r"
	! has_address "$m" || wrong "the address is on both"
	on "$m" crm_resource --resource service --set-parameter target-role --meta --parameter-value Stopped >/dev/null 2>&1
	within 60 no_address "$r"
	case $front in
	pcs) on "$m" pcs resource delete service --force ;;
	crmsh) on "$m" crm --force configure delete data-then-service service-with-data service address database ;;
	esac >"$dir/said" 2>&1 || wrong "away with it: $(cat "$dir/said")"
	on "$m" cibadmin --delete -o constraints --xml-text '<rsc_location id="dbdata-not-n3"/>' >/dev/null 2>&1
	no_resource dbdata tank/db
	property priority-fencing-delay 3s
	for n in host1 host2; do on "$n" zfs destroy -r tank/db; done
}
has_address() { on "$1" ip -4 address show eth0 | grep -qF 10.77.0.50/; }
no_address() { ! has_address "$1"; }
# on: 3
g14_recipe_pcs() { command -v pcs >/dev/null || { log 'no pcs here'; return; }; tell_recipe pcs; }
# on: 3
g14_recipe_crmsh() { command -v crm >/dev/null || { log 'no crmsh here'; return; }; tell_recipe crmsh; }

# --- 15: parts of it die ---

g15_daemons() {
	may_fail=yes
	local d
	for d in pacemaker-attrd pacemaker-execd pacemaker-based pacemaker-schedulerd pacemaker-fenced pacemaker-controld pacemakerd; do
		on "$m" pkill -KILL -x "${d:0:15}"
		sleep 5
		healthy || { wrong "after $d was killed"; return; }
	done
}
g15_corosync() {
	may_fail=yes
	synced
	on "$m" pkill -KILL -x corosync
	must 150 "promoted on $r" is_told "$r" promoted
}
# ZFS does not answer any more: the promoted side cannot be closed, and is fenced.
g15_zfs() {
	may_fail=yes
	synced
	on "$m" uzctl die
	must 200 "promoted on $r" is_told "$r" promoted
}
g15_zfs_of_replica() {
	may_fail=yes
	on "$r" uzctl die
	sleep 5
	is_told "$m" promoted || wrong "$m is no longer promoted"
	nothing_lost
	healthy
}

# --- 16: killed at calls of ZFS ---

# A planned move; the process or the whole ZFS of a side dies at its Nth change.
g16_move_killed() {
	may_fail=yes
	local at n what
	synced
	for at in m r m r; do
		n=$((RANDOM % 10 + 1)) what=$(shuf -n 1 -e 'before caller' 'after caller' 'before zrep' 'after zrep')
		log "killed at change $n on ${!at}, $what"
		# shellcheck disable=SC2086
		on "${!at}" uzctl arm -m "$n" $what >/dev/null
		move_to "$r"
		within 150 is_told "$r" promoted
		on "${!at}" uzctl disarm >/dev/null 2>&1
		must 200 "promoted on $r" is_told "$r" promoted || return
		nothing_lost
		unmove
		healthy || return
	done
}
g16_takeover_killed() {
	may_fail=yes
	local n what
	synced
	n=$((RANDOM % 6 + 1)) what=$(shuf -n 1 -e 'before caller' 'after caller' 'before host' 'after host')
	log "killed at change $n of the takeover on $r, $what"
	# shellcheck disable=SC2086
	on "$r" uzctl arm -m "$n" $what >/dev/null
	cluster power "$m" off
	within 120 is_told "$r" promoted
	on "$r" uzctl disarm >/dev/null 2>&1
}
