# shellcheck shell=bash
# The kind "userspace": a host is a folder with a uzfsd, a pool in a file, and an sshd behind a relay.
# Sourced by lab; README.md says what such a host is and is not.
#
# From the environment:
#   LAB_DIR         directory of this lab's state
#   LAB_REPO        root of the source tree
#   ZREP_BIN        the zrep to offer
#   LAB_DELAY_MS    delay of the network, each way (only when a host is first started)
#   LAB_ZFS         which OpenZFS hosts have, see uzfs/build: one version for all, or 2.1.11:2.4.4 for host1 and host2 (and
#                   the last of them for those after); only when a host is first started
#   LAB_LIBZPOOL    packaged, or release: without assertions, see uzfs/build
#   LAB_POOL_SIZE   of the (sparse) file that a pool is in: 8G
#
# State: LAB_DIR/uzfs -> the programs, of some host's version; key, known_hosts, ssh_config; cut while the network is cut; and
# for each host HOST/: uzfs -> the programs of its version; sock zpool.cache pool, uzfsd.log; sshd.pid sshd.port sshd_config; relay.pid relay.port; bin home
# run hooks.d defaults, which are the host's PATH, HOME, ZREP_RUNDIR, ZREP_STATEDIR, ZREP_HOOKS and ZREP_DEFAULTS (not there at first).

us_fail() { echo "lab: $*" >&2; return 1; }

us_known() { [[ -d $LAB_DIR/$1/bin ]] || us_fail "$1: no such host in $LAB_DIR"; }

# us_alive PIDFILE: is that process there? After a restart of the machine, or in another namespace of processes, the number
# is anybody's, the one of another host's daemon too: the command line says whose it is.
us_alive() {
	local pid words dir=${1%/*}
	read -r pid 2>/dev/null <"$1" && us_runs "$pid" && { mapfile -d '' -t words <"/proc/$pid/cmdline"; } 2>/dev/null || return 1
	case ${1##*/} in
	uzfsd.pid) [[ ${words[*]} == "$dir/uzfs/uzfsd $dir" ]] ;;
	sshd.pid) [[ ${words[*]} == *"/sshd "*" $dir/sshd_config "* ]] ;;
	relay.pid) [[ ${words[*]} == "$LAB_DIR/uzfs/relay $(<"$dir/sshd.port") "* ]] ;;
	*) false ;;
	esac
}

# us_runs PID: it is there, and not only because nobody has asked how it ended.
us_runs() {
	local line
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null && line=${line##*) } && [[ ${line%% *} != [ZX] ]]
}

# us_wait_for FILE PATTERN PID: until the line is in the file, or the process is not there.
us_wait_for() {
	local i text pause
	exec {pause}<> <(:) # read's timeout takes no process, as sleep would
	for ((i = 0; i < 3000; i++)); do
		text=
		{ IFS= read -rd '' text <"$1"; } 2>/dev/null
		[[ ! $text =~ $2 ]] || break
		us_runs "$3" || { i=3000; break; }
		read -rt 0.005 -u "$pause"
	done
	exec {pause}>&-
	[[ $i -lt 3000 ]]
}

# us_daemon LOG CMD...: starts it away from our terminal and descriptors; its pid is left in us_pid.
us_daemon() {
	local log=$1
	shift
	: >"$log" # now: whoever waits for a line in it must not find that of the daemon before
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[[ $fd -le 2 ]] || eval "exec $fd>&-"
		done
		ulimit -c 0
		cd / || exit 1
		exec setsid "$@" </dev/null >"$log" 2>&1
	) &
	us_pid=$!
}

# The environment that makes a process one of the host's, as NAME=VALUE in the array us_env.
us_environment() {
	local host=$1 dir=$LAB_DIR/$1 name
	us_env=(
		"LD_PRELOAD=$dir/uzfs/uzshim.so"
		"LD_LIBRARY_PATH=$dir/uzfs/libs"
		"UZFS_SOCK=$dir/sock"
		"UZFS_HOST=$host"
		"PATH=$dir/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		"HOME=$dir/home"
		"ZREP_RUNDIR=$dir/run"
		"ZREP_STATEDIR=$dir/state"
		"ZREP_HOOKS=$dir/hooks.d"
		"ZREP_DEFAULTS=$dir/defaults"
		# A preloaded library before the sanitizer's own is no mistake here.
		"ASAN_OPTIONS=verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
	)
	for name in UBSAN_OPTIONS LSAN_OPTIONS TSAN_OPTIONS LLVM_PROFILE_FILE GCOV_PREFIX; do
		[[ -z ${!name:-} ]] || us_env+=("$name=${!name}")
	done
}

# us_zfs HOST: the version that it is to have.
us_zfs() {
	local all i=${1##*[a-z-]}
	IFS=: read -ra all <<<"${LAB_ZFS:-2.3.2}"
	[[ $i =~ ^[1-9]$ && $i -le ${#all[@]} ]] || i=${#all[@]}
	echo "${all[i - 1]}"
}

# Once for the lab: the programs and the keys.
us_lab() { # BUILT
	[[ ! -e $LAB_DIR/ssh_config ]] || return 0
	[[ -x /usr/sbin/sshd ]] || us_install_sshd || return 1
	case $(getent passwd "$EUID") in
	*/nologin | */false) us_fail "$(id -un) has no login shell, which ssh between the hosts needs" || return 1 ;;
	esac
	ln -sfn "$1" "$LAB_DIR/uzfs"
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$LAB_DIR/key" </dev/null || return 1
	: >"$LAB_DIR/known_hosts"
	# No secret travels here: of ssh's ways to agree on a key, one that does not take longer than all else.
	cat >"$LAB_DIR/ssh_config" <<-END
	Include $LAB_DIR/*/ssh_host
	Host *
		User $(id -un)
		IdentityFile $LAB_DIR/key
		IdentitiesOnly yes
		IdentityAgent none
		UserKnownHostsFile $LAB_DIR/known_hosts
		GlobalKnownHostsFile /dev/null
		StrictHostKeyChecking yes
		BatchMode yes
		LogLevel ERROR
		KexAlgorithms curve25519-sha256
		Ciphers aes128-gcm@openssh.com
	END
}

us_install_sshd() {
	[[ $EUID -eq 0 ]] || us_fail 'no /usr/sbin/sshd: install openssh-server' || return 1
	echo 'lab: installing openssh-server' >&2
	# No service is to be started: only the program is wanted.
	RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install openssh-server \
		>/dev/null 2>&1 || us_fail 'cannot install openssh-server'
}

us_sshd_config() {
	local host=$1 dir=$LAB_DIR/$1 e pam=no
	# Without PAM, sshd turns down an account whose password it sees to be locked.
	[[ $(getent shadow "$(id -un)") != *:!* ]] || pam=yes
	us_environment "$host"
	cat >"$dir/sshd_config" <<-END
	HostKey $dir/host_key
	AuthorizedKeysFile $dir/authorized_keys
	PidFile none
	ListenAddress 127.0.0.1
	StrictModes no
	UsePAM $pam
	PermitRootLogin yes
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	MaxStartups 1000
	MaxSessions 1000
	PrintMotd no
	PrintLastLog no
	X11Forwarding no
	Subsystem sftp internal-sftp
	END
	# One directive: sshd heeds only the first SetEnv.
	printf SetEnv
	for e in "${us_env[@]}"; do printf ' "%s"' "$e"; done
	echo
}

us_make_host() {
	local host=$1 dir=$LAB_DIR/$1 u=$2
	mkdir -p "$dir"/{bin,home,run,hooks.d} && chmod 700 "$dir"/{home,run} && chmod 755 "$dir/hooks.d" || return 1
	ln -s "$u" "$dir/uzfs"
	ln -s "$u/sbin/zfs" "$u/sbin/zpool" "$u/uzctl" "$dir/bin/"
	us_offer_zrep "$dir/bin/zrep" "$u" || return 1
	printf '#!/bin/sh\nexec /usr/bin/ssh -F "%s" "$@"\n' "$LAB_DIR/ssh_config" >"$dir/bin/ssh"
	printf '#!/bin/sh\nexec /usr/bin/scp -F "%s" "$@"\n' "$LAB_DIR/ssh_config" >"$dir/bin/scp"
	chmod +x "$dir/bin/ssh" "$dir/bin/scp"
	cp "$LAB_DIR/key.pub" "$dir/authorized_keys" # a scenario may bind the key to a command
	ssh-keygen -q -t ed25519 -N '' -C "$host" -f "$dir/host_key" </dev/null || return 1
	us_sshd_config "$host" >"$dir/setenv" && cat "$dir/setenv" >>"$dir/sshd_config"
	rm "$dir/setenv"
	truncate -s "${LAB_POOL_SIZE:-8G}" "$dir/pool"
}

# us_offer_zrep AS BUILT: as it is, or where the version's libraries want another C library than this machine's, a copy that uses that.
us_offer_zrep() {
	if [[ -s $2/ldflags ]]; then cp "$ZREP_BIN" "$1" && "$2/adapt" "$1"; else ln -s "$ZREP_BIN" "$1"; fi
}

us_start_uzfsd() {
	local dir=$LAB_DIR/$1
	us_daemon "$dir/uzfsd.log" "$dir/uzfs/uzfsd" "$dir"
	us_wait_for "$dir/uzfsd.log" ready "$us_pid" || us_fail "$1: uzfsd: $(<"$dir/uzfsd.log")" || return 1
	echo "$us_pid" >"$dir/uzfsd.pid"
}

# The port of the first start is kept: the relay leads there.
us_start_sshd() {
	local dir=$LAB_DIR/$1 port i
	[[ $EUID -ne 0 ]] || mkdir -p /run/sshd
	for ((i = 0; i < 30; i++)); do
		if [[ -s $dir/sshd.port ]]; then port=$(<"$dir/sshd.port"); else port=$((RANDOM % 20000 + 12000)); fi
		# UZFS_SOCK is for who looks for the host's processes; sshd itself runs without the shim. -r: it does not start
		# itself anew for each login, a third of what one costs it (later releases of sshd heed that no more).
		us_daemon "$dir/sshd.log" env -i "UZFS_SOCK=$dir/sock" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			/usr/sbin/sshd -D -e -r -f "$dir/sshd_config" -p "$port"
		if us_wait_for "$dir/sshd.log" 'Server listening' "$us_pid"; then
			echo "$us_pid" >"$dir/sshd.pid"
			echo "$port" >"$dir/sshd.port"
			return 0
		fi
		grep -q 'already in use' "$dir/sshd.log" || break
		sleep 0.05
	done
	us_fail "$1: sshd: $(<"$dir/sshd.log")"
}

us_start_relay() {
	local host=$1 dir=$LAB_DIR/$1 port
	us_daemon "$dir/relay.port" "$LAB_DIR/uzfs/relay" "$(<"$dir/sshd.port")" "${LAB_DELAY_MS:-0}"
	us_wait_for "$dir/relay.port" $'^[0-9]+\n' "$us_pid" || us_fail "$host: relay: $(<"$dir/relay.port")" || return 1
	echo "$us_pid" >"$dir/relay.pid"
	port=$(<"$dir/relay.port")
	# A line shorter than a pipe's buffer is appended whole, by several at once too.
	echo "$host $(cut -d' ' -f1,2 "$dir/host_key.pub")" >>"$LAB_DIR/known_hosts"
	printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n\tHostKeyAlias %s\n' "$host" "$port" "$host" >"$dir/ssh_host"
	[[ ! -e $LAB_DIR/cut ]] || kill -STOP "$us_pid"
}

# kind_up HOST: makes it, with a pool "tank", and starts it.
kind_up() {
	local dir=$LAB_DIR/$1 ssh built
	[[ ! -e $dir ]] || us_fail "$1: is there already" || return 1
	built=$("$LAB_REPO/lab/uzfs/build" "$(us_zfs "$1")" "${LAB_LIBZPOOL:-packaged}") || return 1
	{
		flock 9
		us_lab "$built" || return 1
	} 9>"$LAB_DIR/lock"
	us_make_host "$1" "$built" || return 1
	(us_start_sshd "$1" && us_start_relay "$1") &
	ssh=$!
	us_start_uzfsd "$1" && kind_on "$1" zpool create -o ashift=12 -O mountpoint=none -O compression=off tank "$dir/pool"
	local status=$?
	wait "$ssh" && return "$status"
}

# A daemon that kills its host does so in several rounds, itself last: started before that, a new one would be
# a victim of the old.
us_wait_dead() {
	local file=$LAB_DIR/$1/uzfsd.pid pid i
	for ((i = 0; i < 500; i++)); do
		us_alive "$file" || return 0
		sleep 0.01
	done
	read -r pid <"$file" || return 0
	kill -KILL "$pid" 2>/dev/null
	sleep 0.1
}

# kind_start HOST: power on again.
kind_start() {
	us_known "$1" || return 1
	! kind_ctl "$1" armed >/dev/null 2>&1 || us_fail "$1: is running" || return 1
	us_wait_dead "$1"
	us_sweep "$1" # what the daemon's own death, by a failed assertion say, left behind
	us_start_uzfsd "$1" && us_start_sshd "$1"
}

# kind_on HOST CMD ARG...: here and now, not through sshd, which the network's state would concern.
kind_on() { (kind_exec "$@"); }
kind_exec() {
	local host=$1
	shift
	us_known "$host" || exit 1
	us_environment "$host"
	exec env "${us_env[@]}" "$@"
}

kind_put() { kind_ctl "$1" put "$2" "$3"; }
kind_get() { kind_ctl "$1" get "$2" "$3"; }

kind_ctl() {
	local host=$1
	shift
	us_known "$host" || return 1
	UZFS_SOCK=$LAB_DIR/$host/sock "$LAB_DIR/uzfs/uzctl" "$@"
}

# Kills whatever is left of a host whose daemon can not do it: by environment, and below its sshd.
us_sweep() {
	local dir=$LAB_DIR/$1 pid pids found round
	for round in 1 2 3 4 5; do
		found=
		for pid in "$dir/sshd.pid" "$dir/uzfsd.pid"; do
			! us_alive "$pid" || found+=" $(us_tree "$(<"$pid")")"
		done
		pids=$(grep -lszxF "UZFS_SOCK=$dir/sock" /proc/[0-9]*/environ)
		for pid in $pids; do
			pid=${pid#/proc/}
			found+=" ${pid%/environ}"
		done
		found=" $found "
		found=${found// $$ / }
		found=${found// $BASHPID / }
		[[ -n ${found// /} ]] || break
		# shellcheck disable=SC2086
		kill -KILL $found 2>/dev/null
		[[ $round -eq 1 ]] || sleep 0.01
	done
	rm -f "$dir/sshd.pid" "$dir/uzfsd.pid"
}

# us_tree PID: it and its descendants.
us_tree() {
	local -a children
	local child
	echo "$1"
	read -r -d '' -a children < <(cat /proc/"$1"/task/*/children 2>/dev/null)
	for child in "${children[@]}"; do us_tree "$child"; done
}

# kind_kill HOST: power loss. The others see their connections to it closed, for speed; cut first, to have
# them fall silent instead.
kind_kill() {
	us_known "$1" || return 1
	kind_ctl "$1" die >/dev/null 2>&1
	us_sweep "$1"
}

# --- what pools hold, kept and put back ---

# kind_save NAME HOST...: copies are made while the hosts are off, so that they are of one moment.
kind_save() {
	local name=$1 host to=$LAB_SAVED/$1
	shift
	for host; do kind_on "$host" zpool sync && us_off "$host" || return 1; done
	mkdir -p "$to" && echo "$LAB_DIR" >"$to/from" || return 1
	for host; do
		mkdir -p "$to/$host" && cp --sparse=always "$LAB_DIR/$host"/{pool,zpool.cache} "$to/$host/" || return 1
	done
	us_each us_start_uzfsd "$@" || us_fail "$name: saved, but the hosts do not start again"
}

# kind_restore NAME HOST...
kind_restore() {
	local from
	read -r from 2>/dev/null <"$LAB_SAVED/$1/from" || us_fail "$1: nothing of that name was saved" || return 1
	[[ ${#from} -eq ${#LAB_DIR} ]] || us_fail "$1: was saved by a lab with a name of another length" || return 1
	us_each "us_put_back $1 $from" "${@:2}"
}

us_put_back() { # NAME FROM HOST
	local at=$LAB_SAVED/$1/$3 dir=$LAB_DIR/$3
	us_off "$3" || return 1
	rm -f "$dir/pool" # a new file: whoever still has the former one open must not write to this
	# ZFS goes to where the cache says the pool is. Strings in there are padded, hence the same length.
	if [[ $2 == "$LAB_DIR" ]]; then
		cp --sparse=always "$at/pool" "$at/zpool.cache" "$dir/"
	else
		cp --sparse=always "$at/pool" "$dir/" &&
			LC_ALL=C sed "s|${2//./\\.}/|$LAB_DIR/|g" "$at/zpool.cache" >"$dir/zpool.cache"
	fi && us_start_uzfsd "$3"
}

# us_off HOST: nothing runs there any more; but its sshd, which has nothing of the pool, still listens.
us_off() {
	us_known "$1" || return 1
	if us_alive "$LAB_DIR/$1/uzfsd.pid"; then kind_ctl "$1" off >/dev/null 2>&1; else us_sweep "$1"; fi
	us_wait_dead "$1"
	rm -f "$LAB_DIR/$1/"{sock,fired,uzfsd.pid}
	us_alive "$LAB_DIR/$1/sshd.pid" || us_start_sshd "$1"
}

# us_each COMMAND HOST...: for all of them at a time.
us_each() {
	local command=$1 host pid pids=() status=0
	shift
	for host; do
		$command "$host" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || status=1; done
	return "$status"
}

us_relays() {
	local f status=0
	for f in "$LAB_DIR"/*/relay.pid; do
		[[ ! -e $f ]] || { us_alive "$f" && kill "-$1" "$(<"$f")"; } || status=1
	done
	return "$status"
}

# The network: every host is reached through its relay, which is stopped, continued, or told to reset.
kind_cut() { : >"$LAB_DIR/cut" && us_relays STOP; }
kind_join() { rm -f "$LAB_DIR/cut" && us_relays CONT; }
kind_drop() { us_relays USR1; }

kind_down() {
	local dir
	for dir in "$LAB_DIR"/*/bin; do
		[[ -d $dir ]] || continue
		dir=${dir%/bin}
		kind_kill "${dir##*/}"
		! us_alive "$dir/relay.pid" || kill -KILL "$(<"$dir/relay.pid")"
	done
}

kind_env() {
	local e
	us_known "$1" || return 1
	us_environment "$1"
	for e in "${us_env[@]}"; do printf 'export %s=%q\n' "${e%%=*}" "${e#*=}"; done
}
