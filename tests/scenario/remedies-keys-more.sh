#!/bin/bash
# More of what is said of keys: where they come from above, and where there are clones; pasted as it is printed.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

hex() { printf "%064d" "$1"; }
bystand
# keyed HOST COMMAND KEY: as remedy; it asks for a key.
keyed() {
	local before=$said
	told "$1" "$2"
	expect_status 0 on "$1" sh -c "echo $3 | $2"
	said=$before
}
root() { on "$1" sh -c "echo $3 | zfs create -o encryption=on -o keyformat=hex '$2'"; } # root HOST NAME KEY
phrase() { on "$1" sh -c "echo $3 | zfs create -o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000 '$2'"; }
again() { on "$1" sh -c "printf '$3\n$3\n' | zfs change-key -o pbkdf2iters=100000 '$2'"; } # again HOST NAME PHRASE

# Each side has it below a key of its own: it is to be loaded by itself; or it inherits, where that is the same key.
root host1 'tank/k 1' "$(hex 1)"
on host1 zfs create 'tank/k 1/c'
echo secret | put host1 'tank/k 1/c' file
root host2 'tank/k 2' "$(hex 2)"
z host1 init 'tank/k 1/c' host2 'tank/k 2/c' >/dev/null
fails 0 host1 zrep -t off check -v 'tank/k 1/c'
keyed host2 "zfs load-key 'tank/k 2/c'" "$(hex 1)"
cured host1 zrep -t off check 'tank/k 1/c'
