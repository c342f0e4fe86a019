#!/bin/bash
# The examples of zrep(8), taken from the page and run as they stand there, one after the other, in a terminal.
#
# For each title (.Ss) there is a function begin_TITLE, which sets the stage, and end_TITLE, which looks at what
# became of it; an example without them fails. Lines that begin with "host1# " are commands for that host; a block
# of others is a file, and what to do with it says file_TITLE. One pair, tank/home, goes through all of it.
# needs: userspace
# limit: 300
. "$(dirname "$0")/lib.sh"

page=$(dirname "$0")/../../man/zrep.8

# blocks DIR: writes a file for each literal block, its title in the first line. What this does not understand of the
# page's language is an error.
blocks() {
	awk -v dir="$1" '
		function wrong(why) { print FILENAME ": line " FNR ": " why; failed = 1; exit 1 }
		/^\.Sh / { inside = $0 == ".Sh EXAMPLES" }
		!inside { next }
		/^\.Ss / { title = substr($0, 5) }
		/^\.Bd / {
			if ($0 != ".Bd -literal -offset indent") wrong("examples are -literal -offset indent")
			if (title == "") wrong("an example without a title")
			file = sprintf("%s/%02d", dir, ++n)
			print title >file
			next
		}
		/^\.Ed/ { close(file); file = ""; next }
		file == "" { next }
		/^[.\x27]/ { wrong("a macro in an example") }
		{
			line = $0
			gsub(/\\e/, "\001", line)
			if (line ~ /\\/) wrong("an escape that this test does not know")
			gsub("\001", "\\", line)
			print line >file
		}
		END { if (!failed && (file != "" || n == 0)) exit 1 }' "$page"
}

# In a terminal, where somebody could stop what waits.
type_in() { # HOST COMMAND
	SHELL=/bin/sh on "$1" script -qec "$2" /dev/null <"$WORK/keys"
}
mkfifo "$WORK/keys"
exec 7<>"$WORK/keys"

# The page cannot know the time at which something was kept.
as_of_now() { # HOST COMMAND
	local name
	name=$(kept "$1" tank/home | tail -n 1)
	sed -E "s|tank/home_kept_[0-9]{8}T[0-9]{6}Z|${name:-NONE_KEPT}|g" <<<"$2"
}

# run_line LINE: "host1# COMMAND".
run_line() {
	local host=${1%%#*} command
	command=$(as_of_now "$host" "${1#*# }")
	case $command in
	'zfs mount '*) # These hosts cannot. It is there, and nothing mounts it by itself.
		is "$(prop "$host" "${command##* }" canmount) $(prop "$host" "${command##* }" mountpoint)" 'noauto /mnt/kept'
		;;
	*) expect_status 0 type_in "$host" "$command" ;;
	esac
	! declare -F "after_$slug" >/dev/null || "after_$slug" "$command"
}

write() { echo "$3, $RANDOM" | put "$1" "$2" file; } # HOST DATASET TEXT
# cron HOST LINE: the command of a crontab's line, as cron would run it.
cron() {
	[[ $2 =~ ^([0-9*/,-]+\ +){5}root\ +(.*)$ ]] || fail "no line for cron: $2"
	expect_status 0 on "$1" sh -c "${BASH_REMATCH[2]}"
}

# --- the stages ---

begin_a_pair() {
	on host1 zfs create tank/home
	write host1 tank/home 'first words'
}
after_a_pair() {
	case $1 in
	*'sync'* | *' status') says 'tank/home' ;;
	*pause*) is "$(prop host1 tank/home zrep:paused)" "$([[ $1 == *unpause* ]] && echo - || echo yes)" ;;
	esac
}
file_a_pair() {
	write host1 tank/home 'for cron'
	cron host1 "$1"
	same file host1 tank/home host2 tank/home
}
end_a_pair() {
	is "$(prop host1 tank/home zrep:savecount) $(prop host2 tank/home zrep:savecount) $(prop host2 tank/home zrep:keep)" '30 6 24h 14d 8w 12m'
	leads host1 tank/home
}

begin_a_tree() {
	for d in tank/vms tank/vms/web tank/vms/scratch; do on host1 zfs create $d; done
	write host1 tank/vms/web 'of the web'
}
end_a_tree() {
	says tank/vms/web
	same file host1 tank/vms/web host2 tank/vms/web
	hasnt host2 tank/vms/scratch
	for host in host1 host2; do
		expect_status 0 on $host zrep clear -f tank/vms
		on $host zfs destroy -r tank/vms
	done
}

begin_several_destinations() {
	lab up host3
	on host3 sh -c 'mkdir -p ~/scenario && truncate -s 1G ~/scenario/disk && zpool create -O mountpoint=none backup ~/scenario/disk'
}
end_several_destinations() {
	same file host1 tank/home host3 backup/home
	same file host2 tank/home host3 backup/third
	leads host1 tank/home
	# With several tags its role does not move, which is what comes next.
	expect_status 0 zrep -t second clear -f tank/home
	expect_status 0 on host2 zrep -t third clear -f tank/home
}

begin_a_backup_server() { write host1 tank/home 'to be fetched'; }
file_a_backup_server() {
	write host1 tank/home 'for cron'
	cron host2 "$1"
	same file host1 tank/home host2 tank/home
}
after_a_backup_server() { same file host1 tank/home host2 tank/home; }
end_a_backup_server() { leads host1 tank/home; }

begin_planned_maintenance() { write host1 tank/home 'before the maintenance'; }
after_planned_maintenance() {
	case $1 in
	*check) says 'ZREP OK' ;;
	*failover*) leads host2 tank/home ;;
	esac
}
end_planned_maintenance() { leads host1 tank/home; }

begin_the_master_is_lost() {
	write host1 tank/home 'not sent'
	lost=$(get host1 tank/home file)
	lab kill host1
}
end_the_master_is_lost() { is "$(roles host2 tank/home)" 'yes host2 tank/home host1 tank/home - off'; }

begin_the_master_is_back() {
	lab start host1
	refuses 3 zrep sync all
	says superseded
}
after_the_master_is_back() {
	case $1 in
	*'-n rejoin'*) is "$(kept host1 tank/home)" '' ;;
	*rejoin*) is "$(get host1 "$(kept host1 tank/home)" file)" "$lost" ;;
	esac
}
end_the_master_is_back() {
	is "$(kept host1 tank/home)" ''
	leads host2 tank/home
	expect_status 0 zrep takeover tank/home
}

begin_what_was_written_last_is_bad() {
	write host1 tank/home 'good words'
	good=$(get host1 tank/home file)
	on host1 zfs snapshot tank/home@good
	synced tank/home
	write host1 tank/home 'bad words'
	synced tank/home
	bad=$(get host1 tank/home file)
}
end_what_was_written_last_is_bad() {
	local host
	for host in host1 host2; do
		is "$(get "$host" tank/home file)" "$good"
		is "$(get "$host" "$(kept "$host" tank/home)" file)" "$bad"
	done
	leads host1 tank/home
	for host in host1 host2; do on "$host" zfs destroy -r "$(kept "$host" tank/home)"; done
}

begin_split_brain() {
	on host2 zfs set zrep:src-host=host2 zrep:dest-host=host1 zrep:master=yes readonly=off tank/home
	write host2 tank/home 'words of host2'
	refuses 3 zrep sync tank/home
	says 'split brain'
}
end_split_brain() {
	[[ $(get host2 "$(kept host2 tank/home)" file) == 'words of host2'* ]] || fail 'it was not kept'
	leads host1 tank/home
	on host2 zfs destroy -r "$(kept host2 tank/home)"
}

begin_a_pool_is_full() {
	local room
	for _ in 1 2 3; do
		fill host1 tank/home big 20
		synced tank/home
	done
	fill host1 tank/home big 30
	on host2 sh -c 'zpool sync; zfs create tank/other'
	room=$(prop host2 tank/home available)
	on host2 zfs set reservation=$((room - (16 << 20))) tank/other
	expect_status 1 zrep sync tank/home
	says 'the pool is full' 'free space in pool tank on host2'
}
after_a_pool_is_full() {
	on host2 zpool sync # what was destroyed is free a moment later
	case $1 in
	'zrep sync'*) same big host1 tank/home host2 tank/home ;;
	*' -L '*) lab join ;;
	'zfs set'*) lab cut ;;
	esac
}
end_a_pool_is_full() {
	on host2 zfs destroy tank/other
	is "$(snaps host1 tank/home | tr ' ' '\n' | grep -c '^zrep_')" 2
	leads host1 tank/home
}

begin_another_pool_or_host() {
	on host1 sh -c 'mkdir -p ~/scenario && truncate -s 1G ~/scenario/disk && zpool create -O mountpoint=none fast ~/scenario/disk'
	on host1 zfs create tank/mail
	write host1 tank/mail 'letters'
	mail=$(get host1 tank/mail file)
	pair tank/web
}
after_another_pool_or_host() {
	case $1 in
	*failover\ tank/mail) write host1 fast/mail 'more letters' && mail=$(get host1 fast/mail file) ;;
	*failover\ tank/web) leads host2 tank/web ;;
	esac
}
end_another_pool_or_host() {
	is "$(get host1 fast/mail file)" "$mail"
	hasnt host1 tank/mail
	hasnt host1 tank/web
	write host2 tank/web 'lives there'
	is "$(on host1 zfs get -Hs local,received -o property all fast/mail | grep ':' || true)" ''
	is "$(on host2 zfs get -Hs local,received -o property all tank/web | grep ':' || true)" ''
}

begin_monitoring() { synced tank/home; }
after_monitoring() { says 'ZREP OK' 'tank/home: ok'; }
file_monitoring() {
	[[ $1 =~ ^command\[check_zrep\]=sudo\ (.*)$ ]] || fail "no line for nrpe: $1"
	expect_status 0 on host1 sh -c "${BASH_REMATCH[1]}"
	says 'ZREP OK'
}
end_monitoring() { :; }

begin_a_hook() { pair tank/vm; }
file_a_hook() {
	on host2 sh -c 'cat >"$ZREP_HOOKS/../bin/ipmitool"; chmod +x "$ZREP_HOOKS/../bin/ipmitool"' <<-'END'
		#!/bin/sh
		echo "$*" >>"$HOME/ipmitool.log"
		case $* in
		*' power off') : >"$HOME/off" ;;
		*' power status') echo "Chassis Power is $([ -e "$HOME/off" ] && echo off || echo on)" ;;
		esac
	END
	on host2 sh -c 'cat >"$ZREP_HOOKS/fence"; chmod 755 "$ZREP_HOOKS/fence"' <<<"$1"
	expect_status 0 on host2 zrep -y takeover -L tank/vm
	is "$(on host2 sh -c 'tail -n 1 ~/ipmitool.log')" \
		'-I lanplus -H bmc-host1 -U zrep -f /etc/zrep/bmc-password chassis power status'
	is "$(on host2 sh -c 'grep -c "power off" ~/ipmitool.log')" 1
}
end_a_hook() {
	unhook host2
	expect_status 0 on host1 zrep rejoin tank/vm
	leads host2 tank/vm
}

begin_a_key_for_nothing_else() { cp "$LAB_DIR/host2/authorized_keys" "$WORK/key.pub"; }
file_a_key_for_nothing_else() {
	local key
	key=$(<"$WORK/key.pub")
	[[ $1 == *' ssh-ed25519 AAAA... root@host1' ]] || fail "no line of authorized_keys: $1"
	cp "$LAB_DIR/host2/authorized_keys" "$WORK/former"
	echo "${1/ssh-ed25519 AAAA... root@host1/$key}" >"$LAB_DIR/host2/authorized_keys"
	[[ $1 == *' --under '* ]] || return 0
	# For one pair that is not here: no other one may use it.
	expect_status 3 on host1 zrep sync tank/home
	says 'host2 does not let this key' 'bound to other datasets'
	cp "$WORK/former" "$LAB_DIR/host2/authorized_keys"
}
end_a_key_for_nothing_else() {
	write host1 tank/home 'through the narrow door'
	synced tank/home
	expect_status 0 zrep failover tank/home
	leads host2 tank/home
	! on host1 ssh host2 touch "$WORK/broke-in" </dev/null >/dev/null 2>&1 || fail 'the key opens a shell'
	[[ ! -e $WORK/broke-in ]] || fail 'the key runs what it likes'
	cp "$WORK/key.pub" "$LAB_DIR/host2/authorized_keys"
}

# --- and the play ---

need() { declare -F "$1" >/dev/null || fail "the manual's example \"$title\" has no $1 here: set the stage for it"; }

mkdir "$WORK/blocks"
blocks "$WORK/blocks" || fail "cannot take the examples from $page"
slug=
for file in "$WORK"/blocks/*; do
	title=$(head -n 1 "$file") block=$(tail -n +2 "$file")
	now=$(tr 'A-Z ' 'a-z_' <<<"$title" | tr -cd 'a-z_')
	if [[ $now != "$slug" ]]; then
		[[ -z $slug ]] || "end_$slug"
		slug=$now
		printf '\n=== %s\n' "$title"
		need "begin_$slug"
		need "end_$slug"
		"begin_$slug"
	fi
	if ! grep -qvE '^host[1-9]# .' <<<"$block"; then
		while read -r line <&3; do run_line "$line"; done 3<<<"$block"
	else
		need "file_$slug"
		"file_$slug" "$block"
	fi
done
"end_$slug"
