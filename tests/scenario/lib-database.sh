# shellcheck shell=bash
# For scenarios in which a database has its data on a replicated dataset, on virtual machines that have Debian's package of it.
# The scenario sets dataset, unit and data (the directory, which is the dataset's mountpoint), and has functions
#   ask HOST SQL     prints the rows, with blanks between the columns
#   session HOST     one session, in which what comes in is done, and which ends at the first error
#   prepare HOST     what it needs before there is a table; may be missing
#   sound HOST       says of itself that nothing in it is broken

hooks_from=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/hooks.d" && pwd)

# settle HOST: what the package has made is where the dataset will be mounted; it is as it was when the scenario is over.
# The unit starts only where the dataset is writable.
# shellcheck disable=SC2016
settle() {
	on "$1" sh -c 'test ! -e "$1.made" && mv "$1" "$1.made" && mkdir "$1" && mkdir -p /etc/systemd/system/"$2".d &&
		sed "s,/var/lib/postgresql,$1,; s,tank/db,$3," >/etc/systemd/system/"$2".d/on-master.conf && systemctl daemon-reload && sync' \
		sh "$data" "$unit" "$dataset" <"$hooks_from/../systemd/on-master.conf"
}
# shellcheck disable=SC2016
unsettle() {
	on "$1" true 2>/dev/null || lab start "$1"
	on "$1" sh -c 'for u in $(systemctl show -p TriggeredBy --value "$2") "$2"; do systemctl stop "$u"; systemctl reset-failed "$u"; done
		zfs unmount -a; test ! -e "$1.made" || { rmdir "$1" && mv "$1.made" "$1"; }
		rm -rf /etc/systemd/system/"$2".d; systemctl daemon-reload' sh "$data" "$unit" 2>/dev/null
}
at_end() {
	: >"$WORK/stop"
	tail -n 3 "$WORK/client.err" || :
	on_both unsettle || :
}

# example HOST EXAMPLE HOOK [SETTING=VALUE...]: that example is the hook, with these settings. When it was run is in /run/still.
example() {
	local host=$1 file=$hooks_from/$2 name=$3 set words=()
	shift 3
	for set; do
		grep -q "^${set%%=*}=" "$file" || fail "$file has no setting ${set%%=*}"
		words+=(-e "s|^${set%%=*}=.*|$set|")
	done
	sed "${words[@]}" "$file" | on "$host" sh -c 'umask 022; d=/etc/zrep/hooks.d; mkdir -p $d; cat >$d/"$1".example
		cat >$d/"$1" <<-END
			#!/bin/sh
			began=\$(date +%s.%N)
			$d/$1.example
			status=\$?
			echo "$1 \$began \$(date +%s.%N)" >>/run/still
			exit \$status
		END
		chmod 755 $d/"$1" $d/"$1".example; sync' sh "$name"
}
# on_both COMMAND: with either host as its first argument, at the same time.
on_both() {
	local first
	"$@" host1 &
	first=$!
	"$@" host2
	wait $first
}
# service HOST: it goes with the role.
service() {
	local hook
	for hook in pre-demote post-promote; do
		example "$1" service $hook "unit=$unit" "dataset=$dataset" "directory=$data" "patience=$(slowly 100)"
	done
	settings "$1" "ZREP_HOOK_TIMEOUT=$(slowly 120)"
	on "$1" sh -c "rm -f /run/still; sync"
}
# took HOST: of each snapshot, the seconds from when pre-snapshot began until post-snapshot, or if there is none itself, was over.
took() {
	on "$1" cat /run/still | awk '
		function out() { if (begin) printf "%s%.2f", sep, end - begin; if (begin) sep = " " }
		$1 == "pre-snapshot" { out(); begin = $2; end = $3 }
		$1 == "post-snapshot" { end = $3 }
		END { out(); print "" }'
}

# --- a client ---

# One row after the other, each in a transaction of its own; a number that was acknowledged is written down here, where it
# does not matter what becomes of the hosts, with when and by whom. Where it is refused, it turns to the other host. Until
# there is $WORK/stop.
client() {
	local host=host1 from n
	trap - ERR
	until [[ -e $WORK/stop ]]; do
		read -r from <"$WORK/from"
		from=$((from + 1000000))
		echo $from >"$WORK/from" # what was not acknowledged may be there all the same
		rows $from | session $host 2>>"$WORK/client.err" | while read -r n; do
			printf '%s %s %s\n' "$n" "$EPOCHREALTIME" $host >>"$WORK/acknowledged"
		done || :
		host=$(other $host)
		sleep 0.2
	done
}
rows() {
	local n
	for ((n = $1; ; n++)); do
		[[ ! -e $WORK/stop ]] || break
		echo "INSERT INTO numbers (n, words) VALUES ($n, repeat('$n ', 20)); ${more_sql//@/$n} SELECT $n;" || break
		sleep 0.25
	done 2>/dev/null
}
more_sql=''
client_starts() {
	rm -f "$WORK/stop"
	[[ -e $WORK/from ]] || echo 0 >"$WORK/from"
	touch "$WORK/acknowledged" "$WORK/client.err"
	client &
	client_is=$!
}
client_stops() {
	: >"$WORK/stop"
	wait "$client_is" || :
}
acknowledged() { wc -l <"$WORK/acknowledged"; }
has_more() { [[ $(acknowledged) -ge $1 ]]; }
more() { within 120 has_more $(($(acknowledged) + ${1:-5})); }
by() { [[ $(tail -n 1 "$WORK/acknowledged") == *" $1" ]]; }
# goes_on HOST: the client has found it there, and has been acknowledged some more.
goes_on() {
	within 120 by "$1"
	more
}

# all_there HOST [N]: every row that was acknowledged, or the first N of them, but those that were lost on purpose.
: >"$WORK/lost"
all_there() {
	local n=${2:-$(acknowledged)}
	head -n "$n" "$WORK/acknowledged" | cut -d ' ' -f 1 | sort | comm -23 - "$WORK/lost" >"$WORK/must"
	ask "$1" 'SELECT n FROM numbers' | sort >"$WORK/there"
	is "$(comm -23 "$WORK/must" "$WORK/there" | head -n 5)" ''
	is "$(ask "$1" "SELECT count(*) FROM numbers WHERE words <> repeat(concat(n, ' '), 20)")" 0
	echo "$1 has all $(wc -l <"$WORK/must") rows that it must have; $(wc -l <"$WORK/there") are there"
}
# lose N HOST: what came after the first N, from HOST, is lost: it is without power.
lose() {
	tail -n "+$(($1 + 1))" "$WORK/acknowledged" | sed -n "s/ .* $2\$//p" | sort - "$WORK/lost" >"$WORK/lost.new"
	mv "$WORK/lost.new" "$WORK/lost"
}
# gap N: the longest time without an acknowledgement since the Nth, in seconds.
gap() { tail -n "+$1" "$WORK/acknowledged" | awk 'NR > 1 && $2 - t > m { m = $2 - t } { t = $2 } END { printf "%.1f\n", m }'; }

# --- what is told of each ---

# begins OPTION...: the database is at work on host1, in the dataset, with a client; and has a replica on host2.
begins() {
	trap at_end EXIT
	on_both settle
	on host1 zfs create -o mountpoint="$data" "$@" "$dataset"
	on host1 cp -a "$data.made/." "$data/"
	on host1 systemctl start "$unit"
	! declare -F prepare >/dev/null || prepare host1
	ask host1 'CREATE TABLE numbers (n INT PRIMARY KEY, words TEXT)'
	expect_status 0 zrep init "$dataset" host2 "$dataset"
	on host2 zfs set mountpoint="$data" "$dataset"
	# Nothing starts it on the replica.
	on host2 systemctl start "$unit" || :
	is "$(on host2 systemctl show -p ActiveState --value "$unit")" inactive
	on_both service
	client_starts
	more
}

# Several snapshots, while it writes.
is_synced() {
	local n i
	n=$(acknowledged)
	for i in 1 2 3; do
		expect_status 0 zrep sync "$dataset"
		more 3
	done
	echo "seconds that the hooks took, of three snapshots: $(took host1)"
	echo "the client's longest wait beside them: $(gap "$n") s"
}

# There and back. Nothing that was acknowledged is missing, at no time.
moves() {
	local from to n
	for from in host1 host2; do
		to=$(other $from)
		n=$(acknowledged)
		expect_status 0 on $from zrep failover "$dataset"
		says "started $unit"
		is "$(on $from systemctl show -p ActiveState --value "$unit")" inactive
		all_there $to
		goes_on $to
		echo "the client's longest wait, in a planned failover: $(gap "$n") s"
	done
	all_there $to
}

# is_lost HOST: it loses its power while the client writes; the other one has all that was acknowledged before the last snapshot.
is_lost() {
	local to n
	to=$(other "$1")
	n=$(acknowledged)
	expect_status 0 on "$1" zrep sync "$dataset"
	more
	lab kill "$1"
	expect_status 0 on "$to" zrep -y takeover -L "$dataset"
	lose "$n" "$1"
	all_there "$to"
	sound "$to"
	goes_on "$to"
	all_there "$to"
	echo "lost with $1, since the last sync began: $(wc -l <"$WORK/lost") rows"
}
