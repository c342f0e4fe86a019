#!/bin/bash
# The key is changed on the master and nothing is written: the next sync brings it over, and only the new one opens the
# replica then. One that was loaded there before opens it no longer, which ZFS does not say (openzfs/zfs#12614).
. "$(dirname "$0")/lib.sh"

hex() { printf "%064d" "$1"; }
load() { on "$1" sh -c "zfs unload-key $2 2>/dev/null; echo $3 | zfs load-key $2"; }
opens() { on "$1" sh -c "echo $3 | zfs load-key -n $2" >/dev/null 2>&1; } # opens HOST DATASET KEY
fits() { # DATASET NEW OLD
	opens host2 "$1" "$2" || fail "$2 does not open $1 on host2"
	! opens host2 "$1" "$3" || fail "$3 still opens $1 on host2"
}
on host1 sh -c 'echo first-phrase | zfs create -o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000 tank/p'
on host1 sh -c "echo $(hex 1) | zfs create -o encryption=on -o keyformat=hex tank/x"
for ds in p x; do
	echo "secret of $ds" | put host1 tank/$ds file
	expect_status 0 zrep init tank/$ds host2 tank/$ds
	expect_status 0 zrep sync tank/$ds
	says 'unchanged'
done

# A passphrase has a salt, the others have nothing that ZFS lists: both are seen, and sent once.
on host1 sh -c 'printf "second-phrase\nsecond-phrase\n" | zfs change-key tank/p'
on host1 sh -c "echo $(hex 2) | zfs change-key tank/x"
for ds in p x; do
	expect_status 2 zrep check -v tank/$ds
	says "the key of tank/$ds on host1 was changed after the last sync" "on host1: zrep sync tank/$ds"
	expect_status 0 zrep sync tank/$ds
	says '@zrep_000001'
	expect_status 0 zrep sync tank/$ds
	says 'unchanged'
done
fits tank/p second-phrase first-phrase
fits tank/x "$(hex 2)" "$(hex 1)"

# Other iterations, another format, a key that comes from above.
on host1 sh -c 'printf "second-phrase\nsecond-phrase\n" | zfs change-key -o pbkdf2iters=200000 tank/p'
on host1 sh -c 'printf "third-phrase\nthird-phrase\n" | zfs change-key -o keyformat=passphrase -o pbkdf2iters=100000 tank/x'
expect_status 0 zrep sync all
says '2 sent'
is "$(prop host2 tank/p pbkdf2iters)" 200000
fits tank/x third-phrase "$(hex 2)"

# With a key loaded on the replica: it opens what was there, and not what has come.
load host2 tank/p second-phrase
load host2 tank/x third-phrase
expect_status 0 zrep check
on host1 sh -c 'printf "fourth-phrase\nfourth-phrase\n" | zfs change-key tank/p'
on host1 sh -c "echo $(hex 4) | zfs change-key -o keyformat=hex tank/x"
refuses 3 zrep failover tank/p
says 'with the next sync the one that is loaded on host2 opens it no longer' 'on host1: zrep sync tank/p'
expect_status 0 zrep sync all
is "$(prop host2 tank/p keystatus) $(prop host2 tank/x keystatus)" 'available available'
for ds in p x; do
	expect_status 2 zrep check -v tank/$ds
	says "the key that is loaded for tank/$ds on host2 does not open it" "on host2: zfs unload-key tank/$ds"
	expect_status 2 on host2 zrep status -m tank/$ds
	says "the key that is loaded for tank/$ds on host2 does not open it"
	expect_status 1 zrep doctor tank/$ds
	says "the key that is loaded for tank/$ds on host2 does not open it"
	refuses 3 zrep failover tank/$ds
	says "does not open it" "zfs load-key tank/$ds"
done
load host2 tank/p fourth-phrase
load host2 tank/x "$(hex 4)"
expect_status 0 zrep check
expect_status 0 on host2 zrep status -m -a
for ds in p x; do
	expect_status 0 zrep failover tank/$ds
	is "$(get host2 tank/$ds file)" "secret of $ds"
	leads host2 tank/$ds
done
