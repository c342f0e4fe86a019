#!/bin/bash
# Who took over changes its key before the former master comes back: `rejoin` brings that key where the former master uses
# one from above, and only the new one opens it then. With a passphrase and without a salt.
. "$(dirname "$0")/lib.sh"

load() { on "$1" sh -c "echo $3 | zfs load-key $2"; } # load HOST DATASET KEY
for format in passphrase hex; do
	one=pass-of-one two=pass-of-two
	[[ $format == passphrase ]] || one=$(printf "%064d" 1) two=$(printf "%064d" 2)
	e=tank/e-$format r=tank/r-$format
	on host1 sh -c "echo $one | zfs create -o encryption=on -o keyformat=$format $e; zfs create $e/c"
	echo first | put host1 "$e/c" file
	expect_status 0 zrep init "$e/c" host2 "$r"
	load host2 "$r" "$one"
	lab kill host1
	expect_status 0 on host2 zrep -y takeover -L "$r"
	on host2 sh -c "printf '$two\n$two\n' | zfs change-key $r"
	echo second | put host2 "$r" file
	lab start host1
	load host1 "$e" "$one"

	expect_status 0 zrep rejoin "$e/c"
	is "$(prop host1 "$e/c" encryptionroot)" "$e/c"
	[[ $(prop host1 "$e/c" zrep:key) == "$format:"* ]] || fail 'it is not noted what the stream brought'
	lab kill host1
	lab start host1
	load host1 "$e" "$one"
	load host1 "$e/c" "$two"
	is "$(get host1 "$e/c" file)" second
	expect_status 0 zrep check "$e/c"
	expect_status 0 on host2 zrep failover "$r"
	is "$(get host1 "$e/c" file)" second
done
