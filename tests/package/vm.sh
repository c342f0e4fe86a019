# shellcheck shell=bash
# The package on two virtual machines of the lab; sourced by tests/package/run. Their suite is $vm_suite (lab/vm/build has which).

export LAB_KIND=vm LAB_DIR=$scratch/lab ZREP_BIN=/nonexistent VM_SUITE=$vm_suite
vm=$vm_suite-vm
vm_deb=$deb vm_former=$former
if [[ -f $scratch/$vm_suite.deb ]]; then
	vm_deb=$scratch/$vm_suite.deb vm_former=$scratch/$vm_suite-former.deb
	former "$vm_deb" "$vm_former" || return 0
	echo "        (the package is the one that was built in a tree of $vm_suite)"
fi
lab() { lab/lab "$@"; }
on() { lab/lab on "$@"; }
tidy() { lab/lab down >/dev/null 2>&1; }

check "$vm: two machines" lab up || return 0
on host1 sh -c 'echo "        ($(. /etc/os-release; echo "$PRETTY_NAME"), Linux $(uname -r), $(zfs version | paste -sd" "))"' </dev/null
for host in host1 host2; do
	on $host sh -c 'cat >/root/zrep.deb' <"$vm_deb"
	on $host sh -c 'cat >/root/former.deb' <"$vm_former"
done

# state HOST: the datasets, their snapshots, and all that is stored on them, but for the notes that each run leaves, and when
# the last one was in step, which a service renews until it ends.
state() {
	on "$1" sh -c 'zpool sync; zfs get -Hp -t filesystem,volume,snapshot -o name,property,value,source all |
		grep -E "	(guid|written)	|	(local|received)\$" | grep -Ev ":(error|history|sent)	"' </dev/null
}
within() { # SECONDS CMD...: of a quiet machine
	local end=$((SECONDS + $1 * $(tests/yardstick) / 100))
	shift
	until "$@"; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 1
	done
}
has_text() { [[ $(lab get "$1" tank/a file </dev/null 2>/dev/null) == "$2" ]]; }
# arrives TEXT FROM TO
arrives() {
	lab put "$2" tank/a file <<<"$1" && within 240 has_text "$3" "$1"
}
active() { [[ $(on "$1" systemctl is-active zrep </dev/null) == "$2" ]]; }
is_off() { # HOST
	[[ $(on "$1" systemctl is-enabled zrep.service zrep.timer </dev/null | paste -sd' ') == 'disabled disabled' ]] && ! active "$1" active
}
main_pid() { on "$1" systemctl show -p MainPID --value zrep </dev/null; }
# What it runs is what is installed, not what was there before.
runs_what_is_there() {
	[[ $(on "$1" readlink "/proc/$(main_pid "$1")/exe" </dev/null) == /usr/sbin/zrep ]]
}

# Beside the package on host1: host2 has none, and gets the program over ssh.
check "$vm: dpkg -i of a former version on host1" on host1 dpkg -i /root/former.deb
check "$vm: it is off: not started, not enabled" is_off host1
says "$vm: install host2, only looked at" '  /usr/local/sbin/zrep' on host1 zrep -n install host2
says "$vm: install host2" 'host2: /usr/local/sbin/zrep is now zrep' on host1 zrep install host2
says "$vm: it starts there" 'zrep 3.' on host2 zrep version
says "$vm: its unit is there, and starts what is there" 'ExecStart=/usr/local/sbin/zrep run' \
	on host2 sh -c 'systemctl daemon-reload && systemctl cat zrep'
check "$vm: taken away again" on host2 sh -c 'rm -r /usr/local/sbin/zrep /usr/local/lib/systemd/system/zrep*; systemctl daemon-reload'
check "$vm: dpkg -i of a former version on host2" on host2 dpkg -i /root/former.deb
refused() { said=$("$@" 2>&1 </dev/null); status=$?; echo "$said"; [[ $status -eq 3 && $said == *'belongs to the package zrep'* ]]; }
check "$vm: install host2 leaves the package alone" refused on host1 zrep install host2

# A pair, and the service on both hosts, as README has it.
check "$vm: a pair" on host1 sh -c 'zfs create -o mountpoint=/tank/a tank/a && zrep init tank/a host2 tank/a && zfs set zrep:rpo=10s tank/a'
for host in host1 host2; do
	check "$vm: systemctl enable --now zrep on $host" on $host systemctl enable --now zrep
	check "$vm: it is active on $host" active $host active
done
check "$vm: what is written arrives" arrives one host1 host2

# Upgraded while the pair runs: the same process becomes the new program.
for host in host1 host2; do
	pid=$(main_pid $host)
	lab put host1 tank/a file <<<"while $host is upgraded"
	check "$vm: upgraded on $host, while the pair runs" on $host dpkg -i /root/zrep.deb
	check "$vm: it is the new program" within 60 runs_what_is_there $host
	check "$vm: in the process $pid that it was" [ "$(main_pid $host)" = "$pid" ]
	check "$vm: what is written goes on arriving" arrives "after $host was upgraded" host1 host2
done
# (A replica that is being read here is mounted for that, and then busy.)
# shellcheck disable=SC2016
check "$vm: nothing failed meanwhile" sh -c '! "$0" on host1 journalctl -u zrep -o cat ZREP_EVENT=failed | grep -v "it is busy"' lab/lab

# Reboots, in both orders.
for order in 'host1 host2' 'host2 host1'; do
	for host in $order; do
		on $host sh -c 'sync; systemctl poweroff' </dev/null >/dev/null 2>&1
		within 60 sh -c '! kill -0 "$(cat "$1")" 2>/dev/null' sh "$LAB_DIR/$host.pid"
		lab kill $host >/dev/null 2>&1
		check "$vm: $host is rebooted" lab start $host
		check "$vm: its service is back" within 60 active $host active
	done
	check "$vm: what is written arrives" arrives "after $order were rebooted" host1 host2
done

# The role moves beside the services.
check "$vm: failover" on host1 zrep failover tank/a
check "$vm: what is written arrives, the other way" arrives back host2 host1
check "$vm: and back" on host1 zrep takeover tank/a

# The timer, in place of the service.
check "$vm: the timer in place of the service" on host1 sh -c 'systemctl disable --now zrep && systemctl start zrep.timer'
lab put host1 tank/a file <<<timer
check "$vm: what it starts" on host1 systemctl start zrep-sync.service
check "$vm: that has synced" has_text host2 timer
check "$vm: and the service again" on host1 sh -c 'systemctl stop zrep.timer; systemctl enable --now zrep'

# Removed and purged: what is stored stays.
state host1 >"$scratch/before"
check "$vm: removed on host1" on host1 dpkg -r zrep
check "$vm: the service has ended" active host1 inactive
check "$vm: the program and its units are gone" on host1 sh -c '! test -e /usr/sbin/zrep && ! systemctl cat zrep 2>/dev/null && test -f /etc/default/zrep'
check "$vm: purged" on host1 dpkg -P zrep
check "$vm: its notes and settings are gone" on host1 sh -c '! test -e /var/lib/zrep && ! test -e /etc/default/zrep && ! find /etc/systemd /var/lib/systemd -name "zrep*" | grep .'
state host1 >"$scratch/after"
check "$vm: the datasets are as they were" diff "$scratch/before" "$scratch/after"
check "$vm: installed again" on host1 dpkg -i /root/zrep.deb
check "$vm: it is off" is_off host1
lab put host1 tank/a file <<<again
check "$vm: a sync goes on where it was" on host1 zrep sync tank/a
check "$vm: what was written is there" has_text host2 again
lab down >/dev/null 2>&1
