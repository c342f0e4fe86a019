#!/bin/bash
# needs: userspace
# limit: 240
# A third host has a copy of one side under the same name: sent with its properties, or on a disk that was copied.
# Whatever is run there, the real pair stays as it is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-copy.sh"

# is_refused DATASET WORDS...: by all that could make it take part.
is_refused() {
	local ds=$1 verb
	shift
	for verb in "refresh $ds" 'refresh all' "takeover $ds" "-y takeover -L $ds" "-y takeover -L --force $ds" \
		"rejoin $ds" "sync $ds" "expire $ds"; do
		# shellcheck disable=SC2086
		third refuses 3 on host3 zrep $verb
		says "$@"
	done
	third unchanged expect_status 1 on host3 zrep doctor --fix "$ds"
	says "$@"
	third unchanged expect_status 2 on host3 zrep check "$ds"
	says CRITICAL "$@"
	third unchanged expect_status 0 on host3 zrep status -a "$ds"
	says ' copy'
	expect_status 2 on host3 zrep status -m "$ds"
	says CRITICAL 'a copy'
}

lab up host3
pair
on host1 zfs snapshot tank/a@bk
on host1 sh -c 'zfs send -R tank/a@bk | ssh host3 zfs receive -u tank/a'
echo two | put host1 tank/a file
synced
is_refused tank/a 'tank/a on host3 is not the replica that tank/a on host1 syncs to, but a copy of it' \
	'on host3, zrep changeconfig -d tank/a host1 tank/a'
lab kill host1
expect_status 2 on host3 zrep --timeout 5 check tank/a
says 'a copy of it'

# In an emergency, what was said makes it lead; the master, when it is back, is told.
refuses_here() { expect_status "$@"; says '      -> '; }
refuses_here 3 on host3 zrep -y takeover -L tank/a
expect_status 0 on host3 zrep changeconfig -d tank/a host1 tank/a
expect_status 0 on host3 zrep -y takeover -L tank/a
expect_status 0 on host3 zrep status tank/a
lab start host1
echo three | put host1 tank/a file
expect_status 0 zrep sync tank/a # its own replica is as it was
expect_status 0 zrep check tank/a
on host3 zfs destroy -r tank/a

# With a destination that is known by an alias, the real one fetches and leads, the copy does not: one that was sent,
# and one that is on the disk of the replica.
mkdir "$LAB_DIR/alias"
sed 's/^Host host2$/Host backup-host/' "$LAB_DIR/host2/ssh_host" >"$LAB_DIR/alias/ssh_host"
on host1 zfs create tank/b
echo one | put host1 tank/b file
expect_status 0 zrep init tank/b backup-host tank/b
is "$(prop host1 tank/b zrep:dest-self) $(prop host2 tank/b zrep:dest-self)" 'host2 host2'
echo two | put host1 tank/b file
expect_status 0 on host2 zrep refresh tank/b
same file host1 tank/b host2 tank/b
on host2 zfs snapshot tank/b@bk
on host2 sh -c 'zfs send -R tank/b@bk | ssh host3 zfs receive -u tank/b'
is_refused tank/b 'tank/b on host3 is not the replica that tank/b on host1 syncs to, but a copy of it'
on host3 zfs destroy -r tank/b
on host2 zfs destroy tank/b@bk
on host2 zpool sync
lab kill host2
cp --sparse=always "$LAB_DIR/host2/pool" "$LAB_DIR/host3/home/disk"
lab start host2
on host3 zpool export tank
on host3 zpool import -f -d "$LAB_DIR/host3/home/disk" tank
is_refused tank/b 'tank/b on host3 is not the replica that tank/b on host1 syncs to, but a copy of it'
third refuses 3 on host3 zrep refresh tank/a
says 'a copy of it'
echo three | put host1 tank/b file
expect_status 0 on host2 zrep refresh tank/b
expect_status 0 on host2 zrep takeover tank/b
expect_status 0 zrep takeover tank/b

# A pair that was made before the name was noted: by what both sides say of the alias, until the next sync notes it.
for host in host1 host2; do on $host zfs inherit zrep:dest-self tank/b; done
echo four | put host1 tank/b file
expect_status 0 on host2 zrep refresh tank/b
is "$(prop host1 tank/b zrep:dest-self) $(prop host2 tank/b zrep:dest-self)" 'host2 host2'
same file host1 tank/b host2 tank/b
