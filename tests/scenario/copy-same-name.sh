#!/bin/bash
# needs: userspace
# limit: 240
# A copy of the replica on a machine that goes by the same name: sent with its properties, or on a copied disk. Whatever
# is run there, or reaches it in place of the replica, the real pair stays as it is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-copy.sh"

# is_refused WORDS...: by all that could make it take part.
is_refused() {
	local verb
	for verb in 'refresh tank/a' 'refresh all' 'refresh -f tank/a' 'takeover tank/a' 'rejoin tank/a' 'expire tank/a'; do
		# shellcheck disable=SC2086
		third refuses 3 on host3 zrep $verb
		says "$@"
	done
	third unchanged expect_status 1 on host3 zrep doctor --fix tank/a
	says "$@"
	third unchanged expect_status 2 on host3 zrep check tank/a
	says CRITICAL "$@"
}

# reaching host3 CMD...: where host1 means host2, it gets to the other machine of that name.
reaching_host3() {
	mkdir "$LAB_DIR/alias"
	mv "$LAB_DIR/host2/ssh_host" "$WORK/ssh_host"
	sed 's/^Host host3$/Host host2/' "$LAB_DIR/host3/ssh_host" >"$LAB_DIR/alias/ssh_host"
	"$@"
	mv "$WORK/ssh_host" "$LAB_DIR/host2/ssh_host"
	rm -r "$LAB_DIR/alias"
}

lab up host3
settings host3 ZREP_SRC_HOST=host2
pair
on host2 zfs snapshot tank/a@copy
on host2 sh -c 'zfs send -R tank/a@copy | ssh host3 zfs receive -u tank/a'
on host2 zfs destroy tank/a@copy
on host3 zfs destroy tank/a@copy

# Before the first sync its GUID is not known yet, and that it was sent shows all the same.
is_refused 'tank/a on host2 is not the replica that tank/a on host1 syncs to, but a copy of it'
third refuses 3 on host3 zrep -y takeover -L tank/a
third unchanged expect_status 2 on host3 zrep status -m
says 'a copy'
echo two | put host1 tank/a file
synced
is_refused 'but a copy of it'
echo three | put host1 tank/a file
reaching_host3 third refuses 3 zrep sync tank/a
says 'but a copy of it'
reaching_host3 third refuses 3 zrep failover tank/a
says 'but a copy of it'
synced

# Its operator says that it is the replica, and the master's has not: it knows the other one by its GUID.
on host3 zfs set zrep:peer-guid="$(guid host1 tank/a)" zrep:set="$(prop host1 tank/a zrep:set)" \
	zrep:src-host=host1 zrep:src-fs=tank/a zrep:dest-host=host2 zrep:dest-fs=tank/a tank/a
on host3 zfs set readonly=on tank/a
is_refused 'is not the replica that tank/a on host1 syncs to, but a copy of it' \
	'on host1, zrep changeconfig tank/a host2 tank/a'
on host3 zfs destroy -r tank/a

# A disk was copied, and the real one has been synced since.
on host2 zpool sync
lab kill host2
cp --sparse=always "$LAB_DIR/host2/pool" "$LAB_DIR/host3/home/disk"
lab start host2
on host3 zpool export tank
on host3 zpool import -f -d "$LAB_DIR/host3/home/disk" tank
echo four | put host1 tank/a file
synced
is_refused 'or another machine has synced as it since' 'tank/a on host1, which is newer'
reaching_host3 third refuses 3 zrep sync tank/a
says 'or another machine has synced as it since'
synced

# It is the one that goes on: by that word, and then the former one is told.
expect_status 0 on host3 zrep changeconfig -d tank/a host1 tank/a
expect_status 0 on host3 zrep refresh tank/a
same file host1 tank/a host3 tank/a
echo five | put host1 tank/a file
expect_status 0 on host3 zrep refresh tank/a
refuses 3 on host2 zrep refresh tank/a
says 'tank/a on host2 was set back to an older image, or another machine has synced as it since'
refuses 3 zrep sync tank/a
says 'or another machine has synced as it since' 'on host1, zrep changeconfig tank/a host2 tank/a'
expect_status 0 zrep changeconfig tank/a host2 tank/a
synced
