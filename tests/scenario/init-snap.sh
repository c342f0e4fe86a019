#!/bin/bash
# The first copy is of a snapshot that exists already, zrep's or not; what is newer comes with the next sync.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
fill host1 tank/a big 20
echo "of the day" | put host1 tank/a file
on host1 zfs snapshot tank/a@daily
echo "of the night" | put host1 tank/a file
on host1 zfs snapshot tank/a@nightly
echo "of now" | put host1 tank/a file

refuses 3 zrep init tank/a@weekly host2 tank/a
says 'tank/a on host1 has no snapshot @weekly'
expect_status 2 zrep init tank/a@day@ly host2 tank/a
unchanged expect_status 0 zrep -n init tank/a@daily host2 tank/a
says 'send tank/a@daily to tank/a@daily'

# It breaks off, and is finished by the same command; another one would mix things up.
begin 12 zrep init tank/a@daily host2 tank/a
signal TERM
ended 1
within 10 has host2 tank/a
is "$(roles host1 | cut -d ' ' -f 1)" -
refuses 3 zrep init tank/a host2 tank/a
says 'first copy of @daily' 'zrep init tank/a@daily host2 tank/a'
expect_status 0 zrep --json init tank/a@daily host2 tank/a
[[ $(jq '.datasets[].bytes' <<<"$said") -lt 20000000 ]] || fail 'it began anew'
is "$(snaps host1 tank/a)" 'daily nightly'
is "$(snaps host2 tank/a)" daily
is "$(get host2 tank/a file)" 'of the day'
is "$(holds host1 tank/a@daily) $(holds host2 tank/a@daily)" 'zrep zrep'
unchanged expect_status 0 zrep init tank/a@daily host2 tank/a
says 'is replicated already'
synced
is "$(snaps host2 tank/a)" 'daily nightly zrep_000000'
is "$(holds host1 tank/a@daily)$(holds host2 tank/a@daily)" ''

# What came, and was not recorded, is taken as it is.
on host1 zfs create tank/b
echo "words" | put host1 tank/b file
on host1 zfs snapshot tank/b@x
on host1 zfs send tank/b@x >"$WORK/stream"
on host2 zfs receive -u tank/b <"$WORK/stream"
expect_status 0 zrep --json init tank/b@x host2 tank/b
is "$(jq '.datasets[].bytes' <<<"$said")" 0
echo "more words" | put host1 tank/b file
synced tank/b
