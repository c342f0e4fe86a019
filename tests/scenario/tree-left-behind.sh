#!/bin/bash
# limit: 200
# A dataset of a tree becomes a pair of its own, to another place: the copy in the tree is put aside by the next sync. It would
# become a second master otherwise, with what was there once, when the tree is taken over.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -p tank/v/b
echo old | put host1 tank/v/b file
zrep init -R tank/v host2 tank/v
on host2 zfs create tank/els
zrep clear -f tank/v/b
zrep init tank/v/b host2 tank/els/b
echo new | put host1 tank/v/b file
expect_status 0 zrep sync all # by this it knows its replica
expect_status 0 zrep sync all
is "$(kept host2 tank/v/b | wc -l)" 1
says 'is replicated to another place now' 'is preserved there as tank/v/b_kept_'
hasnt host2 tank/v/b
is "$(get host2 "$(kept host2 tank/v/b)" file)" old
expect_status 0 zrep sync all
says_not 'preserved'
is "$(kept host2 tank/v/b | wc -l)" 1
# Who has only changed the words, and renames what they name later, loses nothing.
on host1 zfs create tank/v/d
expect_status 0 zrep sync tank/v
zrep changeconfig -f tank/v/d host2 tank/v/later
zrep sync all >/dev/null 2>&1 || true
has host2 tank/v/d
is "$(kept host2 tank/v/d)" ''
on host2 zfs rename tank/v/d tank/v/later
on host2 zrep changeconfig -d tank/v/later host1 tank/v/d
expect_status 0 zrep sync tank/v/d
on host1 zfs destroy -r tank/v/d 2>/dev/null || true

lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/v
is "$(get host2 tank/els/b file)" new
is "$(on host2 zfs get -Hs local -o value zrep:master "$(kept host2 tank/v/b)")" ''
lab start host1
zrep rejoin tank/v >/dev/null 2>&1 || true
is "$(prop host1 tank/v/b zrep:master) $(prop host1 tank/v/b zrep:dest-fs)" 'yes tank/els/b'
