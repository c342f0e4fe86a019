#!/bin/bash
# The replica is renamed, then the master, then they go their ways: each side is told where the other is now.
. "$(dirname "$0")/lib.sh"

pair
synced
on host2 zfs rename tank/a tank/b
expect_status 3 zrep sync tank/a
says 'does not exist'

unchanged expect_status 0 zrep -n changeconfig tank/a host2 tank/b
says 'set tank/a zrep:dest-fs=tank/b'
expect_status 0 zrep changeconfig tank/a host2 tank/b
says 'its destination is now tank/b on host2' 'on host2: zrep changeconfig -d tank/b host1 tank/a'
told=$said
refuses 3 zrep sync tank/a # only one side knows
said=$told
# What it says is what is to be run.
follow() {
	[[ $said =~ on\ (host[12]):\ zrep\ (changeconfig\ [^$'\n']+) ]] || fail 'no command to follow'
	# shellcheck disable=SC2086
	expect_status 0 on "${BASH_REMATCH[1]}" zrep ${BASH_REMATCH[2]}
}
follow
says 'on host1: zrep changeconfig tank/a host2 tank/b'
expect_status 0 zrep -C tank/a host2 tank/b
says 'already tank/b on host2'
echo "second words" | put host1 tank/a file
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/b

# The master is renamed. Its own properties do not fit it then; it is told on both sides.
on host1 zfs rename tank/a tank/new
expect_status 3 zrep sync tank/new
expect_status 0 zrep changeconfig tank/new host2 tank/b
follow
echo "third words" | put host1 tank/new file
expect_status 0 zrep sync tank/new
same file host1 tank/new host2 tank/b
expect_status 0 zrep failover tank/new
expect_status 0 on host2 zrep failover tank/b

# Refused: the wrong role, itself, bad names, what is none of zrep's.
refuses 3 zrep changeconfig -d -f tank/new host2 tank/b
refuses 3 on host2 zrep changeconfig -f tank/b host1 tank/new
refuses 3 zrep changeconfig tank/new host1 tank/new
refuses 3 zrep changeconfig tank/new localhost tank/new
refuses 3 zrep changeconfig tank/new host1 tank/new/below
unchanged expect_status 2 zrep changeconfig tank/new -host2 tank/b
unchanged expect_status 2 zrep changeconfig tank/new 'host2;x' tank/b
unchanged expect_status 2 zrep changeconfig tank/new host2 'tank/b@snap'
unchanged expect_status 1 zrep changeconfig tank/none host2 tank/b
on host1 zfs create tank/plain
refuses 3 zrep changeconfig tank/plain host2 tank/plain
expect_status 0 on host1 env ZREP_SAVE_COUNT=7 zrep changeconfig -f tank/plain host2 tank/plain
says 'is not the master yet'
is "$(prop host1 tank/plain zrep:savecount)" 7
is "$(prop host1 tank/plain zrep:master)" -

# In the middle of a change of role.
on host1 zfs set zrep:switch='leaving 9' tank/new
refuses 3 zrep changeconfig tank/new host2 tank/c
