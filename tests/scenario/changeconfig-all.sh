#!/bin/bash
# needs: userspace
# A pool has another name: all pairs in it are told at once, on either side. What cannot be moved is told, and the others are.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/old
on host2 zfs create tank/b
for i in 1 2; do
	on host1 zfs create "tank/old/s$i"
	expect_status 0 zrep init "tank/old/s$i" host2 "tank/b/s$i"
done
on host1 sh -c 'zfs create tank/old/tree; zfs create tank/old/tree/in'
expect_status 0 zrep init -R tank/old/tree host2 tank/b/tree
on host1 zfs create tank/other
expect_status 0 zrep init tank/other host2 tank/other
expect_status 0 zrep -t second init tank/old/s1 host2 tank/second
expect_status 0 zrep sync all

# What holds these on host1 has another name.
on host1 zfs rename tank/old tank/new
expect_status 3 zrep sync tank/new/s1
unchanged expect_status 0 zrep -n changeconfig -R tank/old tank/new
says 'set tank/new/s1 zrep:dest-fs=tank/b/s1' 'set tank/new/tree/in ' 'on host2: zrep changeconfig -R host1 tank/old tank/new'
says_not tank/other
expect_status 0 zrep changeconfig -R tank/old tank/new
says 'tank/new/s1 on host1 is stored anew' 'tank/new/tree/in on host1 is stored anew' 'zrep -t second changeconfig -R tank/old tank/new'
says_not tank/other
# What it says is what is to be run; and it is once for all.
follow() {
	[[ $said =~ on\ (host[123]):\ zrep\ (changeconfig\ -R\ [^$'\n']+) ]] || fail 'no command to follow'
	# shellcheck disable=SC2086
	expect_status 0 on "${BASH_REMATCH[1]}" zrep ${BASH_REMATCH[2]}
}
is "$(grep -c 'the other side needs the same' <<<"$said")" 1
follow
says 'tank/b/s2 on host2 is stored anew' 'on host1: zrep changeconfig -R tank/old tank/new'
unchanged expect_status 0 zrep changeconfig -R tank/old tank/new
says 'tank/new/s1 on host1 is stored so already'
says_not 'the other side needs'
for i in 1 2; do echo "words $i" | put host1 "tank/new/s$i" file; done
echo inner | put host1 tank/new/tree/in file
expect_status 0 zrep sync all
for i in 1 2; do same file host1 "tank/new/s$i" host2 "tank/b/s$i"; done
same file host1 tank/new/tree/in host2 tank/b/tree/in
# The other tag is told by itself.
expect_status 0 zrep -t second changeconfig -R tank/old tank/new
expect_status 0 on host2 zrep -t second changeconfig -R host1 tank/old tank/new
expect_status 0 zrep -t second sync tank/new/s1
expect_status 0 zrep check

# On the other host: the master's host is told first here. One of them was replaced meanwhile: it is not taken for the replica.
on host2 zfs rename tank/b tank/c
expect_status 0 zrep changeconfig -R host2 tank/b tank/c
says 'tank/new/s1 on host1 is stored anew' 'on host2: zrep changeconfig -R tank/b tank/c'
follow
on host2 sh -c 'zfs rename tank/c/s2 tank/kept; zfs send tank/kept@zrep_000001 | zfs receive -u -o readonly=on tank/c/s2
	zfs set zrep:src-host=host1 zrep:src-fs=tank/new/s2 zrep:dest-host=host2 zrep:dest-fs=tank/c/s2 zrep:link="$(zfs get -Ho value zrep:link tank/kept)" tank/c/s2' || :
expect_status 0 zrep sync tank/new/s1 tank/new/tree
refuses 3 zrep sync tank/new/s2
says 'is not the replica that tank/new/s2 on host1 syncs to'
on host2 sh -c 'zfs destroy -r tank/c/s2; zfs rename tank/kept tank/c/s2'
expect_status 0 zrep sync all
expect_status 0 zrep failover tank/new/s2
expect_status 0 zrep takeover tank/new/s2

# What is half done, a copy, and what was never there are told; the others are moved.
on host1 zfs set zrep:switch='leaving 9' tank/new/s2
on host1 sh -c 'zfs snapshot tank/new/s1@copy; zfs send -p tank/new/s1@copy | zfs receive -u tank/new/copy'
on host1 zfs rename tank/new tank/last
on host1 zfs rename tank/other tank/last/other
expect_status 3 zrep changeconfig -R tank/new tank/last
says 'tank/last/s1 on host1 is stored anew' 'tank/last/s2 on host1 is ' 'tank/last/other on host1 says that it is tank/other' \
	'zrep changeconfig tank/last/other host2 tank/other' 'tank/last/copy'
expect_status 0 on host2 zrep changeconfig -R host1 tank/new tank/last
on host1 zfs set zrep:switch='' tank/last/s2
on host1 zfs inherit zrep:switch tank/last/s2
expect_status 0 zrep changeconfig tank/last/other host2 tank/other
expect_status 0 on host2 zrep changeconfig -d tank/other host1 tank/last/other
on host1 zfs destroy -r tank/last/copy
expect_status 0 zrep changeconfig -R tank/new tank/last
expect_status 0 zrep sync all

# A name that both have: what is there under the former one as well was not renamed.
on host1 sh -c 'zfs clone tank/last/s1@copy tank/two; zfs set zrep:src-host=host1 zrep:src-fs=tank/last/s1 zrep:dest-host=host2 zrep:dest-fs=tank/c/s1 zrep:master=yes tank/two'
refuses 3 zrep changeconfig -R tank/last/s1 tank/two
says 'tank/last/s1 on host1 is there as well'
on host1 zfs destroy tank/two

# The other host goes by another name: aliases do here.
sed 's/^Host host2$/Host host2 backup/' "$LAB_DIR/host2/ssh_host" >"$LAB_DIR/host2/new" && mv "$LAB_DIR/host2/new" "$LAB_DIR/host2/ssh_host"
expect_status 0 zrep changeconfig -R host2 tank backup tank
is "$(prop host1 tank/last/s1 zrep:dest-host)" backup
expect_status 0 zrep sync tank/last/s1

# Mistakes.
unchanged expect_status 2 zrep changeconfig -R tank/last tank/last/x
unchanged expect_status 2 zrep changeconfig -R -d tank/last tank/x
unchanged expect_status 2 zrep changeconfig -R 'host2;x' tank/c tank/d
unchanged expect_status 2 zrep changeconfig tank/last/s1 host2
unchanged expect_status 1 zrep changeconfig -R tank/none tank/nowhere
unchanged expect_status 1 zrep changeconfig -R host3 tank/c tank/d
