#!/bin/bash
# The data was carried to the other host on a disk, and received there with options of its own: init takes it as the
# replica, and sends nothing.
. "$(dirname "$0")/lib.sh"

# seed NAME SNAPSHOT [OPTION...]: host1's snapshot becomes tank/NAME on host2.
seed() {
	local name=$1 snap=$2
	shift 2
	on host1 zfs send "tank/$name@$snap" >"$WORK/stream"
	on host2 zfs receive -u "$@" "tank/$name" <"$WORK/stream"
}

on host1 zfs create -o compression=lz4 tank/a
fill host1 tank/a big 5
echo "on the disk" | put host1 tank/a file
on host1 zfs snapshot tank/a@monday
seed a monday -o compression=gzip -o recordsize=64K
on host1 zfs snapshot tank/a@tuesday
on host1 zfs send -i @monday tank/a@tuesday >"$WORK/stream"
on host2 zfs receive -u tank/a <"$WORK/stream"
on host2 zfs rename tank/a@tuesday tank/a@carried
on host2 zfs snapshot tank/a@monday2 # not of the source's
on host2 zfs destroy tank/a@monday2
echo "since then" | put host1 tank/a file
on host1 zfs snapshot tank/a@wednesday

unchanged expect_status 0 zrep -n init tank/a host2 tank/a
says 'host2: hold tank/a@carried'
says_not send
expect_status 0 zrep --json init tank/a host2 tank/a
is "$(jq -r '.datasets[] | .snapshot, .bytes' <<<"$said" | paste -sd ' ')" 'tuesday 0'
led_by host1
is "$(prop host2 tank/a compression) $(prop host2 tank/a recordsize)" 'gzip 65536'
is "$(holds host1 tank/a@tuesday) $(holds host2 tank/a@carried)" 'zrep zrep'
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a
is "$(snaps host2 tank/a)" 'monday carried wednesday zrep_000000'

# What was changed there since then is not lost unasked.
on host1 zfs create tank/b
echo "words" | put host1 tank/b file
on host1 zfs snapshot tank/b@moved
seed b moved -o readonly=off
echo "of somebody" | put host2 tank/b note
refuses 3 zrep init tank/b host2 tank/b
says 'tank/b on host2 was changed after @moved' 'written since' 'zrep init -f tank/b host2 tank/b'
on host2 zfs snapshot tank/b@mine
refuses 3 zrep init tank/b host2 tank/b
says 'newer snapshots (@mine)'
on host2 zfs hold somebody tank/b@mine
refuses 3 zrep init -f tank/b host2 tank/b
says 'tank/b@mine on host2 is held'
on host2 zfs release somebody tank/b@mine
unchanged expect_status 0 zrep -n init -f tank/b host2 tank/b
says 'host2: destroy tank/b@mine' 'host2: roll back to tank/b@moved'
expect_status 0 zrep init -f tank/b host2 tank/b
says '@mine' 'it is rolled back to @moved'
is "$(snaps host2 tank/b)" moved
echo "more words" | put host1 tank/b file
synced tank/b

# Names prove nothing.
on host1 zfs create tank/c
on host1 zfs snapshot tank/c@s
on host2 zfs create tank/c
on host2 zfs snapshot tank/c@s
refuses 3 zrep init -f tank/c host2 tank/c
says 'no snapshot in common'

# Neither does a common snapshot, where one side was encrypted anew, or not at all.
on host1 sh -c 'echo "a long passphrase" | zfs create -o encryption=on -o keyformat=passphrase tank/secret'
echo "words" | put host1 tank/secret file
on host1 zfs snapshot tank/secret@s
on host2 sh -c 'echo "another passphrase" | zfs create -o encryption=on -o keyformat=passphrase tank/vault'
on host1 zfs send tank/secret@s >"$WORK/stream"
on host2 zfs receive -u -x encryption tank/vault/secret <"$WORK/stream"
on host2 zfs receive -u tank/clear <"$WORK/stream"
refuses 3 zrep init tank/secret host2 tank/vault/secret
says 'are encrypted by different keys'
refuses 3 zrep init -f tank/secret host2 tank/clear
says 'tank/secret on host1 is encrypted, tank/clear on host2 is not'
on host1 zfs send -w tank/secret@s >"$WORK/stream"
on host2 zfs receive -u tank/raw <"$WORK/stream"
expect_status 0 zrep init tank/secret host2 tank/raw
echo "more words" | put host1 tank/secret file
expect_status 0 zrep sync tank/secret

# Somebody's already: the replica of another, and a master under another tag.
on host1 zfs clone tank/b@moved tank/d
on host1 zfs promote tank/d
refuses 3 zrep init -f tank/d host2 tank/b
says 'tank/b on host2 is the replica of tank/b on host1'
on host1 zfs create tank/e
on host1 zfs snapshot tank/e@s
seed e s
expect_status 0 on host2 zrep -t away init tank/e@s host1 tank/e-back
refuses 3 zrep init -f tank/e host2 tank/e
says 'under tag away it is the master of tank/e-back on host1' 'tag away'
