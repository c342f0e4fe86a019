#!/bin/bash
# In a tree, and not of it: pairs that go elsewhere, ones that were taken out, ones that are paused.
. "$(dirname "$0")/lib.sh"

words() { echo "$2 of $1, $RANDOM" | put host1 "$1" file; }
for d in x x/b a a/b a/own a/out a/paused a-z; do on host1 zfs create "tank/$d"; words "tank/$d" first; done
on host1 zfs set zrep:exclude=yes tank/a/own tank/a/out
# Not excluded, of the same name at its other side, and on another host.
on host1 zfs set zrep:exclude=yes tank/a/b
expect_status 0 zrep init -R tank/a host2 tank/x
on host1 zfs inherit zrep:exclude tank/a/b
on host1 zfs destroy tank/x/b
expect_status 0 zrep init tank/a/b localhost tank/x/b
expect_status 0 zrep init tank/a/own host2 tank/own
expect_status 0 zrep init tank/a-z host2 tank/a-z

# Each of them goes its own way.
for d in a/b a/own a-z; do words "tank/$d" second; done
expect_status 0 zrep sync all
says 'tank/a/b -> host1:tank/x/b' 'tank/a/own -> host2:tank/own'
says_not 'tank/a/own is excluded'
same file host1 tank/a/b host1 tank/x/b
same file host1 tank/a/own host2 tank/own
hasnt host2 tank/x/b || fail 'it goes elsewhere'

# A pause of the tree is none of theirs, whatever stands between them in a list.
expect_status 0 zrep pause tank/a
for d in a/b a/own a/paused a-z; do words "tank/$d" third; done
before=$(get host2 tank/x/paused file)
expect_status 0 zrep sync all
same file host1 tank/a/b host1 tank/x/b
same file host1 tank/a/own host2 tank/own
same file host1 tank/a-z host2 tank/a-z
is "$(get host2 tank/x/paused file)" "$before"
expect_status 0 zrep unpause tank/a

# What was sent back to an older snapshot is paused, and the sync of its tree does not undo that.
back=$(snaps host1 tank/a/paused | awk '{ print $1 }')
expect_status 0 zrep sync all
expect_status 0 zrep -y sync "tank/a/paused@$back"
for what in tank/a all; do
	expect_status 0 zrep sync "$what"
	is "$(grep -c 'tank/a/paused.* is paused and was left out' <<<"$said")" 1
	is "$(get host2 tank/x/paused file)" "$before"
done
expect_status 0 on host2 zrep refresh all
is "$(get host2 tank/x/paused file)" "$before"
expect_status 0 zrep unpause tank/a/paused
expect_status 0 zrep sync tank/a
same file host1 tank/a/paused host2 tank/x/paused

# Its own tree inside, which was taken out of the other.
on host1 zfs set zrep:exclude=yes tank/a/paused
on host1 zfs create tank/a/paused/in
expect_status 0 zrep -R sync tank/a/paused
expect_status 0 zrep sync all
says 'tank/a/paused is excluded'

# Nothing can be below what is not there, and it is said.
on host1 zfs create tank/a/b/c
unchanged expect_status 3 zrep -n sync tank/a
says 'no parent dataset'
expect_status 3 zrep sync all
says 'tank/x/b/c on host2 has no parent dataset' 
expect_status 1 zrep sync tank/none tank/a
says 'tank/none on host1 does not exist' 'no parent dataset'
on host1 zfs destroy tank/a/b/c

# Forgotten is the tree, and nothing else.
base=$(snaps host1 tank/a/b | awk '{ print $NF }')
expect_status 0 zrep clear -f tank/a
has host1 "tank/a/b@$base" || fail 'the base of another pair is gone'
words tank/a/b fourth
expect_status 0 zrep sync tank/a/b
same file host1 tank/a/b host1 tank/x/b
