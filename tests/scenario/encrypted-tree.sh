#!/bin/bash
# Encrypted and plain datasets in one tree, each a pair of its own. What is encrypted is sent raw and never
# stored in plain; keys are needed where somebody writes, not where it is kept.
. "$(dirname "$0")/lib.sh"

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
create() { on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex $1"; }
load() { on "$1" sh -c "echo $key | zfs load-key $2"; }
secret() { ! get host2 "$1" file >/dev/null 2>&1 || fail "$1 can be read without its key"; }
create tank/e
on host1 zfs create tank/e/heir       # the key of tank/e
create tank/e/own                     # one of its own
on host1 zfs create -o encryption=off tank/e/plain
on host1 zfs create tank/p
create tank/p/secret
for ds in e e/heir e/own p p/secret; do
	echo "of $ds" | put host1 tank/$ds file
	expect_status 0 zrep init tank/$ds host2 tank/$ds
done
is "$(prop host1 tank/e/heir encryptionroot)" tank/e
for ds in e e/heir e/own p/secret; do
	is "$(prop host2 tank/$ds keystatus)" unavailable
	[[ $(prop host2 tank/$ds encryption) == aes-* ]] || fail "$ds is not encrypted"
	secret tank/$ds
done
same file host1 tank/p host2 tank/p

# Plain text below what is encrypted would be encrypted there with that key, and no stream would fit any more.
echo "of plain" | put host1 tank/e/plain file
refuses 3 zrep init tank/e/plain host2 tank/e/plain
says 'tank/e/plain on host1 is not encrypted' 'tank/e on host2 is'
load host2 tank/e
refuses 3 zrep init tank/e/plain host2 tank/e/plain
on host2 sh -c 'zfs unload-key tank/e'
expect_status 0 zrep init tank/e/plain host2 tank/p/plain
same file host1 tank/e/plain host2 tank/p/plain

# Without any key, on either side.
for ds in e e/heir e/own p p/secret; do echo "more of $ds" | put host1 tank/$ds file; done
on host1 sh -c 'zfs unload-key tank/e/own; zfs unload-key tank/p/secret; zfs unload-key -r tank/e'
expect_status 0 zrep sync all
says '6 datasets'
for ds in e e/own p/secret; do load host1 tank/$ds; done
for ds in e e/heir e/own p/secret; do secret tank/$ds; done
for ds in e e/own p/secret; do
	load host2 tank/$ds
	same file host1 tank/$ds host2 tank/$ds
done
