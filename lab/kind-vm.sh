# shellcheck shell=bash
# The kind "vm": two virtual machines, host1 and host2, with the kernel's OpenZFS. Sourced, by lab and by
# vm/selftest; vm/README.md says what such a host is and how it differs from a userspace one.
#
# From the environment:
#   LAB_DIR     directory of this lab's state; its hosts' disks and console logs are in it
#   LAB_REPO    root of the source tree
#   ZREP_BIN    the zrep to offer as /usr/local/sbin/zrep, copied anew when it has changed; may be missing
#   VM_ACCEL    kvm or tcg; else KVM where it works, found out once
#   VM_MEMORY   MiB for each host, 1280; VM_BOOT_SECONDS 240, of a quiet machine (tests/yardstick); VM_HOURS until a forgotten VM ends, 4
#
# Every function ends with a status and, if it is not 0, has said why on stderr. State, by host:
#   HOST.qcow2 HOST.pool    root disk (over the cached image) and the disk of the pool tank
#   HOST.console            what the kernel and systemd said since the last start (.1: before that)
#   HOST.pid HOST.port HOST.ssh HOST.qmp.in HOST.qmp.out HOST.net    while it runs
#   cut                     there while the link is cut
# QEMU and ssh run with LAB_DIR as their working directory: the names of sockets must be short.

: "${LAB_DIR:?}" "${LAB_REPO:?}"
vm_hosts=(host1 host2)

vm_fail() { echo "lab: $*" >&2; return 1; }

# vm_in_lab CMD...: becomes CMD, in LAB_DIR and with none of the caller's descriptors but the first three.
vm_in_lab() {
	local fd
	cd "$LAB_DIR" || exit 1
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[[ $fd -le 2 ]] || eval "exec $fd>&-"
	done
	exec "$@"
}

vm_known() {
	[[ " ${vm_hosts[*]} " == *" $1 "* ]] || vm_fail "$1: no such host; a vm lab has ${vm_hosts[*]}"
}

# The process of a host's QEMU, if it runs.
vm_pid() {
	local pid state
	read -r pid 2>/dev/null <"$LAB_DIR/$1.pid" || return 1
	[[ $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$(cd "$LAB_DIR" && pwd -P)" ]] || return 1
	read -r _ _ state _ 2>/dev/null <"/proc/$pid/stat" || return 1
	[[ $state != Z ]] && echo "$pid"
}

# Whether KVM can run a guest. /dev/kvm being there says little, so a kernel is started on it, and the
# answer is kept until this machine is started again.
vm_accel() {
	local image=$1 boot kept log
	if [[ -n ${VM_ACCEL:-} ]]; then
		echo "$VM_ACCEL"
		return
	fi
	if [[ ! -w /dev/kvm ]]; then
		echo tcg
		return
	fi
	boot=$(</proc/sys/kernel/random/boot_id)
	kept=${image%/*}/accel-$EUID
	if [[ -f $kept ]] && [[ $(head -n 1 "$kept") == "$boot" ]]; then
		tail -n 1 "$kept"
		return
	fi
	log=$(timeout -s KILL 10 qemu-system-x86_64 -accel kvm -cpu host -m 256 -nodefaults -display none -no-reboot \
		-serial stdio -kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
		-append 'console=ttyS0 panic=1 lab.probe' </dev/null 2>/dev/null) || true
	if [[ $log == *'lab: probed'* ]]; then set -- kvm; else set -- tcg; fi
	{ printf '%s\n' "$boot" "$1" >"$kept.$BASHPID" && mv "$kept.$BASHPID" "$kept"; } 2>/dev/null || true
	echo "$1"
}

# A disk with one partition, of sparse MEGABYTES. (Given a whole disk, zpool waits 30 s for udev to find
# partitions, and the hosts' udev looks at volumes only.)
vm_pool_disk() {
	local file=$1 sectors=$(($2 * 2048 - 2048)) i entry='\x00\x00\x00\x00\xbf\x00\x00\x00\x00\x08\x00\x00'
	for i in 0 8 16 24; do entry+=$(printf '\\x%02x' $((sectors >> i & 255))); done
	truncate -s "$2M" "$file" &&
		printf '%b' "$entry" | dd of="$file" bs=1 seek=446 conv=notrunc status=none &&
		printf '\x55\xaa' | dd of="$file" bs=1 seek=510 conv=notrunc status=none
}

# vm_qmp HOST COMMAND [ARGUMENTS]: one command to QEMU's monitor; prints the answer's line.
vm_qmp() {
	local in out line
	exec {in}<>"$LAB_DIR/$1.qmp.in" {out}<>"$LAB_DIR/$1.qmp.out" || return 1
	printf '{"execute":"%s","arguments":%s,"id":"lab"}\n' "$2" "${3:-{\}}" >&"$in"
	while read -r -t 10 line <&"$out"; do
		[[ $line == *'"id": "lab"'* ]] && break
	done
	exec {in}>&- {out}>&-
	if [[ $line != *'"return"'* ]]; then
		vm_fail "$1: QEMU's monitor: $2: ${line:-no answer}"
		return 1
	fi
	printf '%s\n' "$line"
}

# vm_launch HOST NEW: QEMU, started but not waited for. NEW=1 has the host make its pool.
vm_launch() {
	local host=$1 new=$2 n=${1#host} other=host$((3 - ${1#host})) image accel cpu
	image=$(<"$LAB_DIR/image") && accel=$(vm_accel "$image") || return 1
	# Emulated, the modest processor is the quick one: OpenZFS tries fewer ways to add and to hash when
	# loaded, and vector instructions are slow.
	cpu=qemu64
	[[ $accel == kvm ]] && cpu=host
	# no_timer_check: where this machine is busy, ticks come late, and the kernel would give up for that.
	(
		cd "$LAB_DIR" || exit 1
		rm -f "$host".{pid,port,ssh,net,qmp.in,qmp.out}
		[[ ! -f $host.console ]] || mv "$host.console" "$host.console.1"
		: >"$host.console"
		mkfifo "$host.qmp.in" "$host.qmp.out"
	) || return 1
	# shellcheck disable=SC2054 # the commas are QEMU's
	local -a qemu=(
		qemu-system-x86_64 -name "$host" -pidfile "$host.pid" -accel "$accel$([[ $accel != tcg ]] || echo ,thread=multi)"
		-cpu "$cpu" -smp 2 -m "${VM_MEMORY:-1280}" -nodefaults -no-user-config -display none -no-reboot
		-kernel "$image/vmlinuz" -initrd "$image/initrd.img"
		-append "console=ttyS0 loglevel=4 panic=1 mitigations=off no_timer_check rw systemd.show_status=0 $(
			)systemd.machine_id=0123456789abcdef0123456789abcde$n lab.host=$n lab.new=$new"
		-serial "file:$host.console"
		-chardev "pipe,id=qmp,path=$host.qmp" -mon chardev=qmp,mode=control
		# unsafe: flushes of the pool's disk are skipped, because whatever reached QEMU is in this
		# machine's memory and outlives QEMU. The qcow2 keeps tables of its own, so it has to flush.
		-drive "file=$host.qcow2,format=qcow2,if=virtio,cache=writeback"
		-drive "file=$host.pool,format=raw,if=virtio,cache=unsafe,discard=unmap"
		-object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-pci,rng=rng
		# Between the hosts: datagrams, so that either may die and come back. The hub is there for
		# kind_cut, which closes the wire without the guest's card losing its carrier.
		-netdev "dgram,id=wire,local.type=unix,local.path=$host.net,remote.type=unix,remote.path=$other.net"
		-netdev hubport,id=wireport,hubid=0,netdev=wire -netdev hubport,id=link,hubid=0
		-device "virtio-net-pci,netdev=link,mac=52:54:00:5a:00:0$n"
		# And the way in: a port the kernel chooses, which vm_wait asks for.
		-netdev "user,id=outside,restrict=on,hostfwd=tcp:127.0.0.1:0-:22"
		-device "virtio-net-pci,netdev=outside,mac=52:54:00:5a:01:0$n"
	)
	vm_in_lab setsid timeout -s KILL "${VM_HOURS:-4}h" "${qemu[@]}" </dev/null >"$LAB_DIR/$host.qemu" 2>&1 &
}

# vm_wait HOST: until it is up and reachable, or has failed.
vm_wait() {
	local host=$1 most=$((${VM_BOOT_SECONDS:-240} * $("$LAB_REPO/tests/yardstick") / 100)) why='' info began=''
	local end=$((SECONDS + most))
	until grep -q 'lab: ready' "$LAB_DIR/$host.console" 2>/dev/null; do
		if grep -q 'lab: failed' "$LAB_DIR/$host.console" 2>/dev/null; then
			why='could not set up its network or pools'
		elif [[ $SECONDS -ge $end ]]; then
			why="not up after $most s"
		elif vm_pid "$host" >/dev/null; then
			began=1
		elif [[ -n $began || -s $LAB_DIR/$host.pid ]]; then # (QEMU takes the file away when it ends.)
			why='the machine has stopped'
		elif [[ -s $LAB_DIR/$host.qemu ]]; then
			why="QEMU: $(tail -n 3 "$LAB_DIR/$host.qemu")"
		fi
		if [[ -n $why ]]; then
			tail -n 30 "$LAB_DIR/$host.console" | tr -d '\r' | sed "s/^/  $host| /" >&2
			vm_fail "$host: $why; its last console lines are above, all are in $LAB_DIR/$host.console"
			return 1
		fi
		sleep 0.2
	done
	vm_qmp "$host" qmp_capabilities >/dev/null || return 1
	info=$(vm_qmp "$host" human-monitor-command '{"command-line":"info usernet"}') || return 1
	[[ $info =~ HOST_FORWARD\]\ +[0-9]+\ +[0-9.]+\ +([0-9]+) ]] || vm_fail "$host: no port forwarded: $info" || return 1
	echo "${BASH_REMATCH[1]}" >"$LAB_DIR/$host.port"
	if [[ -e $LAB_DIR/cut ]]; then vm_link "$host" false || return 1; fi
	vm_connect "$host"
}

# Sets ssh to the command that reaches a host; to be run by vm_in_lab.
vm_ssh() {
	local image
	image=$(<"$LAB_DIR/image") || return 1
	# shellcheck disable=SC2034 # ssh is the caller's
	ssh=(ssh -F /dev/null -S "$1.ssh" -i "$image/id_ed25519" -p "$(<"$LAB_DIR/$1.port")" -l root
		-o "UserKnownHostsFile=$image/known_hosts" -o "HostKeyAlias=$1" -o StrictHostKeyChecking=yes
		-o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o LogLevel=ERROR -o ConnectTimeout=60)
}

# One connection is kept open and shared, for a new one costs seconds.
vm_connect() {
	local -a ssh
	vm_ssh "$1" || return 1
	(
		flock 9
		[[ -S $LAB_DIR/$1.ssh ]] && exit 0
		(vm_in_lab "${ssh[@]}" -M -N -f -o ServerAliveInterval=0 127.0.0.1 </dev/null >/dev/null 2>"$LAB_DIR/$1.ssherr")
	) 9>"$LAB_DIR/$1.lock" || vm_fail "$1: cannot reach it by ssh: $(<"$LAB_DIR/$1.ssherr")"
}

# Copies zrep in if it is newer than the guest's, with the libraries that neither the guest's Debian nor
# OpenZFS's packages have (sanitizers').
# shellcheck disable=SC2016 # the $1 are the guest's
vm_install() {
	local stamp=$LAB_DIR/$1.zrep name path
	[[ -f ${ZREP_BIN:-} ]] || return 0
	[[ ! -f $stamp || $ZREP_BIN -nt $stamp || $(<"$stamp") != "$ZREP_BIN" ]] || return 0
	(
		flock 9
		while read -r name path; do
			grep -qxF "$name" "$(<"$LAB_DIR/image")/libs" && continue
			vm_run "$1" sh -c 'cat >"$1" && sync "$1" && ldconfig' sh "/usr/local/lib/$name" <"$path" || exit 1
		done < <(ldd "$ZREP_BIN" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }')
		vm_run "$1" sh -c 'cat >"$1.new" && chmod 755 "$1.new" && sync "$1.new" && mv "$1.new" "$1"' \
			sh /usr/local/sbin/zrep <"$ZREP_BIN" || exit 1
		echo "$ZREP_BIN" >"$stamp"
	) 9>"$LAB_DIR/$1.lock" || vm_fail "$1: cannot install $ZREP_BIN"
}

# vm_run HOST CMD ARG...: over the shared connection.
vm_run() { (vm_exec "$@"); }
vm_exec() {
	local host=$1
	local -a ssh
	shift
	vm_ssh "$host" || exit 1
	# The guest's shell stays, to make a status of a signal, and does not comment on it.
	vm_in_lab "${ssh[@]}" 127.0.0.1 "exec 3>&2 2>/dev/null; $(printf '%q ' "$@") 2>&3 3>&-; exit"
}

# kind_up HOST: makes the host's disks, starts it, waits for it. The first call starts the other host too,
# so that both come up at the same time even if they are asked for one after the other.
kind_up() {
	local host image
	vm_known "$1" || return 1
	mkdir -p "$LAB_DIR" || return 1
	(
		flock 9
		[[ -f $LAB_DIR/image ]] && exit 0
		image=$("$LAB_REPO/lab/vm/build") || exit 1
		for host in "${vm_hosts[@]}"; do
			qemu-img create -q -f qcow2 -b "$image/root.ext4" -F raw "$LAB_DIR/$host.qcow2" || exit 1
			vm_pool_disk "$LAB_DIR/$host.pool" 4096 || exit 1
		done
		echo "$image" >"$LAB_DIR/image"
		for host in "${vm_hosts[@]}"; do vm_launch "$host" 1 || exit 1; done
	) 9>"$LAB_DIR/lock" || return 1
	vm_wait "$1" && vm_install "$1"
}

# kind_start HOST: power on, after kind_kill (or after it powered itself off). Its pools are imported.
kind_start() {
	vm_known "$1" || return 1
	[[ -f $LAB_DIR/image ]] || vm_fail "$1: was never up" || return 1
	! vm_pid "$1" >/dev/null || vm_fail "$1: is running" || return 1
	vm_launch "$1" 0 && vm_wait "$1" && vm_install "$1"
}

# kind_on HOST CMD ARG...: as root, the arguments as they are; input, output and status are the command's
# (255 may also be ssh's own). All of it has to fit in 128 KiB.
kind_on() { (kind_exec "$@"); }
kind_exec() {
	vm_known "$1" || exit 1
	[[ -f $LAB_DIR/$1.port ]] || vm_fail "$1: is not running" || exit 1
	[[ -S $LAB_DIR/$1.ssh ]] || vm_connect "$1" || exit 1
	vm_install "$1" || exit 1
	vm_exec "$@"
}

# kind_put HOST DATASET NAME <data: the file NAME in the file system, or at byte offset NAME of the volume.
kind_put() { kind_on "$1" /usr/local/lib/lab/put "$2" "$3"; }

# kind_get HOST DATASET[@SNAPSHOT] NAME >data: NAME is OFFSET+LENGTH of a volume. Mounted or not.
kind_get() { kind_on "$1" /usr/local/lib/lab/get "$2" "$3" </dev/null; }

# kind_kill HOST: power loss. What ZFS had not yet written is gone.
kind_kill() {
	local pid
	vm_known "$1" || return 1
	pid=$(vm_pid "$1") || vm_fail "$1: is not running" || return 1
	kill -KILL "$pid"
	while vm_pid "$1" >/dev/null; do sleep 0.02; done
	rm -f "$LAB_DIR/$1".{pid,port,ssh,qmp.in,qmp.out,net}
}

# The host's end of the link between the hosts.
vm_link() { vm_qmp "$1" set_link "{\"name\":\"wire\",\"up\":$2}" >/dev/null; }
vm_links() {
	local host
	for host in "${vm_hosts[@]}"; do
		! vm_pid "$host" >/dev/null || vm_link "$host" "$1" || return 1
	done
}

# kind_cut: the link between the hosts goes silent, both ways; nobody is told. kind_on still works.
kind_cut() { : >"$LAB_DIR/cut" && vm_links false; }
kind_join() { rm -f "$LAB_DIR/cut" && vm_links true; }

# kind_drop: the TCP connections between the hosts are reset.
kind_drop() {
	local host
	for host in "${vm_hosts[@]}"; do
		! vm_pid "$host" >/dev/null || kind_on "$host" ss -K dst 10.77.0.0/24 >/dev/null || return 1
	done
}

# kind_down: the lab is over; disks are deleted, console logs stay.
kind_down() {
	local host
	for host in "${vm_hosts[@]}"; do
		! vm_pid "$host" >/dev/null || kind_kill "$host" || return 1
		rm -f "$LAB_DIR/$host".{qcow2,pool,pid,port,ssh,ssherr,qmp.in,qmp.out,net,zrep,lock,qemu}
	done
	rm -f "$LAB_DIR"/{image,cut,lock}
}

kind_ctl() {
	echo 'lab: ctl: hosts of kind vm have none; counting ZFS calls and the like needs userspace ones' >&2
	return 2
}
