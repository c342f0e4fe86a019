#!/bin/bash
# On the replica's host somebody has a raw replica inherit its key from a dataset there (openzfs/zfs#12123). What the next
# stream brings could not be opened by that, and ZFS would say so after a restart. zrep gives it a key of its own again.
. "$(dirname "$0")/lib.sh"

load() { on "$1" sh -c "echo $3 | zfs load-key $2"; } # load HOST DATASET KEY
root() { is "$(prop "$1" "$2" encryptionroot)" "$3"; }
restart() { lab kill "$1"; lab start "$1"; }
for format in passphrase hex; do
	one=pass-of-one two=pass-of-two
	[[ $format == passphrase ]] || one=$(printf "%064d" 1) two=$(printf "%064d" 2)
	e=tank/e-$format r=tank/r-$format
	on host1 sh -c "echo $one | zfs create -o encryption=on -o keyformat=$format $e"
	on host1 zfs create "$e/c"
	echo secret | put host1 "$e/c" file
	on host2 sh -c "echo $two | zfs create -o encryption=on -o keyformat=$format $r"
	expect_status 0 zrep init "$e/c" host2 "$r/c"
	expect_status 0 zrep sync "$e/c"
	load host2 "$r/c" "$one"
	expect_status 0 zrep check "$e/c"
	on host2 zfs change-key -i "$r/c"
	root host2 "$r/c" "$r"

	# All tell, and nobody makes a master of it.
	expect_status 2 zrep check -v "$e/c"
	says "$r/c on host2 uses the key of $r there, which cannot open" "on host1: zrep sync $e/c" "the key of $r/c on host2 was changed there"
	expect_status 1 on host2 zrep status -m "$r/c"
	says "the key of $r/c on host2 was changed there"
	expect_status 1 on host2 zrep doctor "$r/c"
	says "$r/c on host2 uses the key of $r there, which cannot open"
	refuses 3 zrep failover "$e/c"
	says "$r/c on host2 uses the key of $r there, which cannot open" "zfs load-key $r/c"

	# Nothing was written, and the sync does it all the same. What was loaded is not its key.
	expect_status 0 zrep sync "$e/c"
	says "it gets a key of its own again, that of $e/c"
	root host2 "$r/c" "$r/c"
	refuses 3 zrep failover "$e/c"
	says "the key of $r/c on host2 is not loaded" "zfs load-key $r/c"
	expect_status 0 zrep sync "$e/c"
	says unchanged
	restart host2
	load host2 "$r/c" "$one"
	expect_status 0 zrep check "$e/c"
	expect_status 0 zrep failover "$e/c"
	is "$(get host2 "$r/c" file)" secret
	echo "of host2" | put host2 "$r/c" file
	expect_status 0 on host2 zrep sync "$r/c"

	# Back on the other side it has the key that it always had there.
	root host1 "$e/c" "$e"
	restart host1
	load host1 "$e" "$one"
	is "$(get host1 "$e/c" file)" "of host2"
	expect_status 0 on host2 zrep failover "$r/c"
	is "$(get host1 "$e/c" file)" "of host2"
done

# Another key of its own, set on the wrong side: found, told, and taken back by the next sync.
load host2 tank/r-passphrase/c pass-of-one
expect_status 0 zrep sync tank/e-passphrase/c
on host2 sh -c 'printf "wrong-side\nwrong-side\n" | zfs change-key -o pbkdf2iters=100000 tank/r-passphrase/c'
expect_status 1 on host2 zrep status -m tank/r-passphrase/c
says 'the key of tank/r-passphrase/c on host2 was changed there'
expect_status 2 zrep check -v tank/e-passphrase/c
says 'the key of tank/r-passphrase/c on host2 was changed there' 'on host1: zrep sync tank/e-passphrase/c'
expect_status 0 zrep sync tank/e-passphrase/c
says 'the key of tank/r-passphrase/c on host2 was changed there: it gets that of tank/e-passphrase/c on host1 again'
restart host2
load host2 tank/r-passphrase/c pass-of-one
expect_status 0 zrep check tank/e-passphrase/c
