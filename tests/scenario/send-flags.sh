#!/bin/bash
# ZREP_SEND_FLAGS is what the sending side heeds, here or there; what zrep decides itself is refused.
. "$(dirname "$0")/lib.sh"

flags() { local f=$1; shift; on host1 env ZREP_SEND_FLAGS="$f" "$@"; }
bytes() { jq ".datasets.\"$1\".bytes" <<<"$said"; }

# Compressed as on disk, or not: that shows in the stream's size.
on host1 zfs create -o compression=lz4 tank/a
echo 'first words' | put host1 tank/a file
expect_status 0 flags '-v -D' zrep init tank/a host2 tank/a
yes 'the same words, again and again' | head -c 4M | put host1 tank/a big || true
expect_status 0 flags -c zrep --json sync tank/a
[[ $(bytes tank/a) -lt 2000000 ]] || fail 'not compressed'
yes 'other words, again and again' | head -c 4M | put host1 tank/a big || true
expect_status 0 flags '-L --embed' zrep --json sync tank/a
[[ $(bytes tank/a) -gt 4000000 ]] || fail 'compressed'
same big host1 tank/a host2 tank/a

# -w is for any dataset; an encrypted one is sent raw whatever the setting says.
yes 'and others again' | head -c 4M | put host1 tank/a big || true
expect_status 0 flags -w zrep --json sync tank/a
[[ $(bytes tank/a) -lt 2000000 ]] || fail 'not compressed'
same big host1 tank/a host2 tank/a
key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex tank/e"
echo 'secret words' | put host1 tank/e file
expect_status 0 flags -L zrep init tank/e host2 tank/e
is "$(prop host2 tank/e keystatus)" unavailable
echo 'more secret words' | put host1 tank/e file
expect_status 0 flags -c zrep sync tank/e

# Large blocks that were sent once have to be sent always. The same where the other side sends.
on host1 zfs create -o recordsize=1M tank/l
fill host1 tank/l big 4
expect_status 0 zrep init tank/l host2 tank/l
fill host1 tank/l big 4
expect_status 1 flags -c zrep sync tank/l
says 'tank/l' host2 'large blocks were sent before and are not now' 'add -L to ZREP_SEND_FLAGS'
expect_status 1 on host2 env ZREP_SEND_FLAGS=-c zrep takeover tank/l
says 'large blocks were sent before and are not now' 'add -L'
expect_status 0 flags -L zrep sync tank/l
same big host1 tank/l host2 tank/l

for f in -p -LR --props -b --holds; do
	refuses 2 flags "$f" zrep sync tank/a
	says 'ZREP_SEND_FLAGS' 'no properties and no holds in a stream'
done
for f in -n -s -d tank/a -i --frob; do
	refuses 2 flags "$f" zrep sync tank/a
	says 'ZREP_SEND_FLAGS' 'zrep itself decides what is sent'
done
expect_status 2 on host2 env ZREP_SEND_FLAGS=-R zrep takeover tank/a
# Verbs that do not send do not mind.
expect_status 0 flags -R zrep status

# What is always on, or never done, may be set.
expect_status 0 on host1 env ZREP_RESUME=1 ZREP_RESUME_FLAGS=-s ZREP_CHANGEDONLY=1 ZREP_RENAME_UNSENT=yes zrep sync tank/a
