#!/bin/bash
# needs: vm
# zrep run as a service of systemd's: ready when it says so, reloaded in the same process, stopped well; its fields in the
# journal; and the kernel's counters, by which a write is seen before it is committed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

pair tank/a
pair tank/b
on host1 zfs set zrep:rpo=3s tank/a
# shellcheck disable=SC2016
on host1 sh -c 'sed "s,/usr/local/sbin/zrep,$(command -v zrep) -v,; s,zrep run,zrep run --every 1s," >/etc/systemd/system/zrep.service
	systemctl daemon-reload && systemctl start zrep' <"$(dirname "$0")/../../examples/systemd/zrep.service"
trap 'on host1 sh -c "echo 5 >/sys/module/zfs/parameters/zfs_txg_timeout; systemctl stop zrep; rm -f /etc/systemd/system/zrep.service; systemctl daemon-reload"' EXIT
is "$(on host1 systemctl is-active zrep)" active
[[ $(on host1 systemctl show -p StatusText zrep) == *'2 datasets'* ]] || fail 'no status'
arrives one host1 host2
arrives two host1 host2 tank/b
on host1 sh -c 'ls /proc/spl/kstat/zfs/tank/ | grep -q ^objset-' || fail 'this kernel counts nothing'

# What the kernel counts is enough: a write that is not committed yet, of a dataset that nobody had mounted. For an hour
# nothing is committed by itself, and nobody else commits: no marks are set anew.
on host1 sh -c 'zfs inherit zrep:rpo tank/a; echo 3600 >/sys/module/zfs/parameters/zfs_txg_timeout'
# (Not looked for in the file: what mounts a replica keeps it from being received.)
before=$(snaps host2 tank/b)
has_more() { [[ $(snaps host2 tank/b) != "$before" ]]; }
on host1 sh -c 'zfs set mountpoint=/mnt/b tank/b; echo three >/mnt/b/file'
within 25 has_more
within 10 has_text host2 tank/b three
on host1 sh -c 'echo 5 >/sys/module/zfs/parameters/zfs_txg_timeout; zfs set zrep:rpo=3s tank/a'

pid=$(on host1 systemctl show -p MainPID --value zrep)
on host1 systemctl reload zrep
within 20 sh -c "[ \"\$('$LAB' on host1 journalctl -u zrep -o cat ZREP_EVENT=ready | wc -l)\" -ge 2 ]"
is "$(on host1 systemctl show -p MainPID --value zrep)" "$pid"
arrives four host1 host2

is "$(on host1 journalctl -u zrep -o json ZREP_EVENT=sent ZREP_DATASET=tank/a | tail -n 1 | jq -r '.ZREP_PEER + " " + .ZREP_TAG')" 'host2 zrep'
on host1 systemctl stop zrep
is "$(on host1 systemctl show -p Result --value zrep)" success
synced tank/a
