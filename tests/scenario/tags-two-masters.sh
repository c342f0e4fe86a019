#!/bin/bash
# Two tags that say different things of one dataset: the one that takes it for a replica neither sends to it, nor rolls
# it back, nor makes it read-only, nor adopts it.
. "$(dirname "$0")/lib.sh"

two() { on "$1" zrep -t two "${@:2}"; }
# as HOST ROLE [received]: what another zrep left there under the tag two. host1:tank/a -> host2:tank/a
as() {
	local p
	for p in src-host=host1 src-fs=tank/a dest-host=host2 dest-fs=tank/a savecount=5; do on "$1" zfs set "two:$p" tank/a; done
	[[ $2 != master ]] || on "$1" zfs set two:master=yes tank/a
}
gone() { for p in savecount src-host src-fs dest-host dest-fs master switch; do on "$1" zfs inherit "two:$p" tank/a; done; }

# No second tag comes to where there is one.
pair
refuses 3 two host1 init tank/a host2 tank/a
says 'under tag zrep it is the replica of tank/a on host1' '-> choose another name'
refuses 3 two host1 init -f tank/a host2 tank/a

# One that is there all the same, since before: as long as both come from one source, that goes on.
as host1 master
as host2 replica
echo 'second words' | put host1 tank/a file
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a
expect_status 0 two host1 sync tank/a
expect_status 0 zrep sync tank/a
refuses 3 zrep failover tank/a
says 'under tag two it is the master of tank/a on host2'
refuses 3 on host2 zrep -y takeover -L --force tank/a
says 'under tag two it is the replica of tank/a on host1'

# The role has moved under one of the two by an older zrep. What the other left on host1 must not touch the new master.
gone host1
gone host2
expect_status 0 zrep failover tank/a
as host1 master
as host2 replica
echo 'acknowledged by the master on host2' | put host2 tank/a file
z_leads='under tag zrep it is the master of tank/a on host1'
for what in tank/a '-f tank/a' '-I tank/a' all; do
	# shellcheck disable=SC2086
	refuses 3 two host1 sync $what
	says "$z_leads"
done
refuses 3 two host2 refresh tank/a
says "$z_leads"
on host1 zfs snapshot tank/a@two_00000a
unchanged expect_status 0 two host1 init -f tank/a host2 tank/a # nothing to do
refuses 3 two host1 sync "tank/a@$(snaps host2 tank/a | cut -d ' ' -f 1)"
says "$z_leads"
refuses 3 two host1 failover tank/a
says 'under tag zrep it is the replica of tank/a on host2'
refuses 3 two host2 -y takeover -L --force tank/a
says "$z_leads"
refuses 3 two host2 -y rejoin --force --discard tank/a
says "$z_leads"
unchanged expect_status 1 two host2 doctor --fix tank/a
says "is not rolled back under tag two: $z_leads"
unchanged expect_status 2 two host1 check tank/a
is "$(get host2 tank/a file) $(prop host2 tank/a readonly)" 'acknowledged by the master on host2 off'
on host1 zfs destroy tank/a@two_00000a

# Nor is the replica on host1 sent anything that the other tag's pair needs elsewhere: it is a circle.
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host1 receives nothing under tag zrep: under tag two it is the master of tank/a on host2'
gone host1
gone host2
expect_status 0 on host2 zrep sync tank/a
leads host2

# What came along with a stream says it too, and what takes it away is said.
on host2 zfs create tank/from
for p in src-host=host9 src-fs=tank/x dest-host=host1 dest-fs=tank/came/a; do on host2 zfs set "two:$p" tank/from; done
on host2 zfs snapshot tank/from@s
on host2 zfs send -p tank/from@s >"$WORK/stream"
on host1 zfs create tank/came
on host1 zfs receive -u tank/came/a <"$WORK/stream"
is "$(on host1 zfs get -Hpo source two:src-fs tank/came/a)" received
on host2 zfs inherit two:src-fs tank/from
for p in src-host dest-host dest-fs; do on host2 zfs inherit "two:$p" tank/from; done
refuses 3 on host2 zrep init tank/from host1 tank/came/a
says 'under tag two it is the replica of tank/x on host9 (received with a stream)' 'zfs inherit two:src-fs tank/came/a'
for p in src-host src-fs dest-host dest-fs; do on host1 zfs inherit "two:$p" tank/came/a; done
expect_status 0 on host2 zrep init tank/from host1 tank/came/a
