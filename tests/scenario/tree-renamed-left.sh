#!/bin/bash
# limit: 300
# What has another name than the other side knows, and is to stay where it is for now: doctor --fix gives no name back against
# what the operator has told one side already, that another tag has it under, that takes something else along,
# or that may be a copy. It tells it, and what it tells, pasted, mends it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep
# stays HOST NAME...: doctor --fix of tank/a has renamed nothing on that host.
stays() {
	local name host=$1
	fails 1 host1 zrep doctor --fix tank/a
	for name in "${@:2}"; do on "$host" zfs list "$name" >/dev/null || fail "$name was renamed"; done
	! on "$host" zfs list tank/a >/dev/null 2>&1 || fail "tank/a is there again"
}

# --- one half of a rename is told: the other half is to come ---
pair
on host2 zfs rename tank/a tank/b
on host2 zrep -y changeconfig -d tank/b host1 tank/a >/dev/null
stays host2 tank/b
says 'there its pair goes by that name already'
fails 3 host1 zrep sync tank/a
says_not 'zfs rename'
fails 2 host1 zrep check tank/a
remedy host1 'zrep changeconfig tank/a host2 tank/b'
expect_status 0 zrep sync tank/a
expect_status 0 zrep check tank/a
expect_status 0 on host2 zrep check tank/b
# Of the master's rename.
on host1 zfs rename tank/a tank/c
on host1 zrep -y changeconfig tank/c host2 tank/b >/dev/null
fails 3 host2 zrep refresh tank/b
says 'there its pair goes by that name already'
remedy host2 'zrep changeconfig -d tank/b host1 tank/c'
expect_status 0 on host2 zrep refresh tank/b
on host1 zrep -y clear tank/c >/dev/null
on host1 zfs rename tank/c tank/a
on host2 zrep -y clear tank/b >/dev/null
on host2 zfs destroy -r tank/b
on host1 sh -c 'zfs destroy -r tank/a'

# --- another tag knows it by its new name ---
pair
on host1 zrep -t c init tank/a host2 tank/k >/dev/null
on host2 zfs rename tank/a tank/b
on host2 zfs set c:src-host=host3 c:src-fs=tank/b c:dest-host=host2 c:dest-fs=tank/b tank/b
stays host2 tank/b
on host2 sh -c 'for p in src-host src-fs dest-host dest-fs; do zfs inherit c:$p tank/b; done'
# The operator's own in it, and another pair's master.
on host2 zfs create tank/b/mine
stays host2 tank/b tank/b/mine
on host2 zrep init tank/b/mine host1 tank/back >/dev/null
stays host2 tank/b tank/b/mine
expect_status 0 on host2 zrep check tank/b/mine
on host2 zrep -y clear tank/b/mine >/dev/null
on host2 zfs destroy -r tank/b/mine
# --- nothing of that: it has its name again ---
expect_status 0 zrep doctor --fix tank/a
on host2 zfs list tank/a >/dev/null
expect_status 0 zrep check tank/a

# --- a copy of it, and no GUID that says which ---
on host2 zfs create tank/backup
on host1 zrep -y changeconfig tank/a host2 tank/a >/dev/null
on host2 zfs rename tank/a tank/b
stays host2 tank/b
says 'perhaps it was renamed, and is tank/b there now'
on host2 sh -c 'zfs snapshot tank/b@copy; zfs send -p -R tank/b@copy | zfs recv -u tank/backup/b
	zfs list -Hr -t filesystem tank/backup >&2; zfs get -o property,value,source all tank/backup/b | grep zrep >&2' || :
on host2 sh -c 'for p in master src-host src-fs dest-host dest-fs; do
	v=$(zfs get -Ho value zrep:$p tank/b); [ "$v" = - ] || zfs set "zrep:$p=$v" tank/backup/b; done'
stays host2 tank/b tank/backup/b
says_not 'there now'
on host2 zfs destroy -r tank/backup
fails 3 host1 zrep sync tank/a
remedy host2 'zfs rename tank/b tank/a'
expect_status 0 zrep sync tank/a
expect_status 0 zrep check tank/a

# --- one and what is in it have exchanged their names, and the operator's own is in that ---
for d in p p/o p/o/c; do
	on host1 zfs create "tank/$d"
	echo "$d" | put host1 "tank/$d" file
done
zrep init -R tank/p host2 tank/p >/dev/null
on host2 zfs create tank/p/o/local
on host1 zfs rename tank/p/o/c tank/p/t
on host1 zfs rename tank/p/o tank/p/t/c
on host1 zfs rename tank/p/t tank/p/o
fails 3 host1 zrep sync tank/p
on host2 zfs list tank/p/o/local >/dev/null
remedy host2 'zfs rename tank/p/o tank/p/o_between'
fails 3 host1 zrep sync tank/p
remedy host2 'zfs rename tank/p/o_between tank/p/o/c'
expect_status 0 zrep sync tank/p
is "$(get host2 tank/p/o file) $(get host2 tank/p/o/c file)" 'p/o/c p/o'
on host2 zfs list tank/p/o/c/local >/dev/null
expect_status 0 zrep check tank/p
# With nothing else in it, by itself.
on host2 zfs destroy tank/p/o/c/local
on host1 zfs rename tank/p/o/c tank/p/t
on host1 zfs rename tank/p/o tank/p/t/c
on host1 zfs rename tank/p/t tank/p/o
expect_status 0 zrep sync tank/p
is "$(get host2 tank/p/o file) $(get host2 tank/p/o/c file)" 'p/o p/o/c'
is "$(on host2 zfs list -Hro name tank/p | paste -sd ' ')" 'tank/p tank/p/o tank/p/o/c'
expect_status 0 zrep check tank/p
expect_status 0 zrep failover tank/p
expect_status 0 on host2 zrep failover tank/p

# --- renamed on both sides, and no GUID known: it may be a copy ---
on host1 zrep -y changeconfig tank/p/o host2 tank/p/o >/dev/null
on host1 zfs rename tank/p/o tank/p/n
on host2 zfs rename tank/p/o tank/p/m
fails 3 host1 zrep sync tank/p
says 'only if that is tank/p/m there now'
remedy host2 'zfs rename tank/p/m tank/p/n'
expect_status 0 zrep sync tank/p
is "$(get host2 tank/p/n file)" p/o
expect_status 0 zrep check tank/p
