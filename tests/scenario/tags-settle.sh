#!/bin/bash
# A change of roles that was left half done, and another tag on the dataset: what is finished or undone does not hurt it,
# and while it is so nothing is sent under the other tag.
. "$(dirname "$0")/lib.sh"

two() { on "$1" zrep -t two "${@:2}"; }
# as HOST ROLE PEER:DATASET
as() {
	local p host=${3%%:*} fs=${3#*:}
	if [[ $2 == master ]]; then
		set -- "$1" master "src-host=$1" src-fs=tank/a "dest-host=$host" "dest-fs=$fs" master=yes
	else
		set -- "$1" replica "src-host=$host" "src-fs=$fs" "dest-host=$1" dest-fs=tank/a
	fi
	for p in "${@:3}"; do on "$1" zfs set "two:$p" tank/a; done
}
gone() { for p in src-host src-fs dest-host dest-fs master switch; do on "$1" zfs inherit "two:$p" tank/a; done; }
# half: host1 was making way and died.
half() {
	on host1 zfs set zrep:switch="leaving $1" zrep:readonly=inherited tank/a
	on host1 zfs set readonly=on tank/a
}

# Under the other tag nothing begins or is sent, until it is over.
pair
on host2 zfs create tank/far
half 1
refuses 3 two host1 init tank/a host2 tank/far/a
says 'under tag zrep it is in the middle of a role change (leaving 1)'
expect_status 0 zrep sync tank/a
says 'stays the master, and is writable again'
expect_status 0 two host1 init tank/a host2 tank/far/a
half 1
for verb in sync snaponly failover 'failover -L'; do
	# shellcheck disable=SC2086
	refuses 3 two host1 -y $verb tank/a
	says 'under tag zrep it is in the middle of a role change (leaving 1)'
done

# Undone where the other tag leads too: writable, as it was.
expect_status 0 zrep sync tank/a
says 'stays the master, and is writable again'
led_by host1
expect_status 0 two host1 sync tank/a

# Undone where the other tag has made a replica of it: not before that is over, and until then everybody is told.
expect_status 0 two host1 clear -f tank/a
as host1 replica host2:tank/b
half 1
expect_status 3 zrep sync tank/a
says 'tank/a on host1 stays the master, and read-only' 'under tag two it is the replica of tank/b on host2'
is "$(prop host1 tank/a readonly) $(prop host1 tank/a zrep:switch)" 'on leaving 1'
expect_status 2 zrep check tank/a
gone host1
expect_status 0 zrep sync tank/a
says 'stays the master, and is writable again'
led_by host1

# Decided there: it ends, and the link of another tag to the one that leads now is given up with it.
as host1 master host2:tank/a
on host1 zfs set zrep:switch='leaving 1' zrep:readonly=inherited tank/a
on host2 zfs set zrep:src-host=host2 zrep:dest-host=host1 zrep:epoch=1 \
	"zrep:fork=$(guid host2 tank/a@"$(snaps host2 tank/a | awk '{ print $NF }')")" zrep:master=yes tank/a
on host2 zfs set readonly=off tank/a
unchanged expect_status 2 zrep check tank/a
expect_status 3 zrep sync tank/a
says 'tank/a on host1 is the replica now: tank/a on host2 is the master of epoch 1'
is "$(prop host1 tank/a two:master) $(prop host1 tank/a two:src-fs)" '- -'
led_by host2
expect_status 0 zrep takeover tank/a
as host1 master host2:tank/b
echo 'words for the other pair' | put host1 tank/a file

# A way back that has not begun does not begin.
on host1 zfs set zrep:switch="back $(guid host1 tank/a@"$(snaps host1 tank/a | cut -d ' ' -f 1)") discard" tank/a
expect_status 0 zrep rejoin --force --discard tank/a
says 'was not reverted' 'under tag two it is the master of tank/b on host2'
is "$(get host1 tank/a file) $(prop host1 tank/a readonly)" 'words for the other pair off'
has host1 "tank/a@$(snaps host2 tank/a | awk '{ print $NF }')"
