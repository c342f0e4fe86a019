#!/bin/bash
# A copy that was made by other means becomes the replica of a pair.
. "$(dirname "$0")/lib.sh"

pair_on() { expect_status 0 on "$1" zrep changeconfig -f "$2" host2 "$2"; }

on host1 zfs create tank/a
echo "words" | put host1 tank/a file
on host1 zfs snapshot tank/a@moved
refuses 3 zrep sentsync tank/a@moved
says 'not stored as the source of a pair' 'zrep changeconfig'
expect_status 2 zrep sentsync tank/a
expect_status 0 zrep changeconfig -f tank/a host2 tank/a
refuses 3 zrep sentsync tank/a@moved
says 'tank/a on host2 does not exist'
refuses 3 zrep sentsync tank/a@other
says 'tank/a on host1 has no snapshot @other'

# Something else of that name, then the copy, and what somebody did to it.
on host2 zfs create tank/a
on host2 zfs snapshot tank/a@moved
refuses 3 zrep sentsync tank/a@moved
says 'what has that name there is another snapshot'
on host2 zfs destroy -r tank/a
on host1 zfs send tank/a@moved >"$WORK/stream"
on host2 zfs receive -u tank/a <"$WORK/stream"
on host2 zfs rename tank/a@moved tank/a@arrived
echo "of somebody" | put host2 tank/a note
refuses 3 zrep sentsync tank/a@moved
says 'tank/a on host2 is not at @arrived' 'written' 'zfs rollback -r tank/a@arrived'
on host2 zfs snapshot tank/a@mine
refuses 3 zrep sentsync tank/a@moved
says 'newer snapshots (@mine)'
on host2 zfs rollback -r tank/a@arrived
on host2 zfs set readonly=off tank/a

unchanged expect_status 0 zrep -n sentsync tank/a@moved
says 'host2: hold tank/a@arrived'
expect_status 0 zrep sentsync tank/a@moved
led_by host1
is "$(holds host1 tank/a@moved) $(holds host2 tank/a@arrived)" 'zrep zrep'
is "$(prop host1 tank/a@moved zrep:sent)" "$(prop host2 tank/a@arrived zrep:sent)"
unchanged expect_status 0 zrep sentsync tank/a@moved
says 'already'
refuses 3 on host2 zrep sentsync tank/a@arrived
says 'is a replica; its master is tank/a on host1'
echo "more words" | put host1 tank/a file
synced

# An increment that was carried by hand.
on host1 zfs snapshot tank/a@carried
on host1 zfs send -i @zrep_000000 tank/a@carried >"$WORK/stream"
on host2 zfs receive -u tank/a <"$WORK/stream"
expect_status 0 zrep sentsync tank/a@carried
echo "still more words" | put host1 tank/a file
synced

# The other side is a master itself.
on host1 zfs create tank/b
on host1 zfs snapshot tank/b@moved
on host1 zfs send tank/b@moved >"$WORK/stream"
on host2 zfs receive -u tank/b <"$WORK/stream"
pair_on host1 tank/b
expect_status 0 on host2 zrep init tank/b@moved host1 tank/elsewhere
refuses 3 zrep sentsync tank/b@moved
says 'tank/b on host2 is itself a master'

# It cannot be asked: what must be true then is said, and the next sync sees to it.
on host1 zfs create tank/c
echo "words" | put host1 tank/c file
on host1 zfs snapshot tank/c@moved
on host1 zfs send tank/c@moved >"$WORK/stream"
on host2 zfs receive -u tank/c <"$WORK/stream"
pair_on host1 tank/c
expect_status 5 on host1 env ZREP_PATH=no-zrep zrep sentsync tank/c@moved
is "$(roles host1 tank/c | cut -d ' ' -f 1)" -
state host2 >"$WORK/before2"
expect_status 0 on host1 env ZREP_PATH=no-zrep zrep sentsync -L tank/c@moved
says 'host2 was not asked: tank/c there must have @moved'
diff "$WORK/before2" <(state host2) || fail 'host2 was changed'
is "$(holds host1 tank/c@moved) $(prop host1 tank/c zrep:master)" 'zrep yes'
unchanged expect_status 0 zrep sentsync -L tank/c@moved
refuses 3 zrep sync tank/c
expect_status 0 zrep sentsync tank/c@moved
led_by host1 tank/c
synced tank/c
