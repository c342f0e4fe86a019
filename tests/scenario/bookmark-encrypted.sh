# Raw, an increment from a bookmark needs what the bookmark has kept of the key's state. The other host has no key.
. "$(dirname "$0")/lib.sh"

on host1 sh -c 'printf "%064d" 7 >~/key && zfs create -o encryption=on -o keyformat=hex -o keylocation="file://$HOME/key" tank/a'
echo one | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
echo two | put host1 tank/a file
expect_status 0 zrep sync tank/a
on host1 sh -c 'zfs release zrep tank/a@zrep_000001; zfs destroy tank/a@%'
is "$(snaps host1 tank/a)" ''
echo three | put host1 tank/a file
expect_status 0 zrep sync tank/a
says 'goes on from its bookmark'
is "$(guid host1 tank/a@zrep_000002)" "$(guid host2 tank/a@zrep_000002)"
is "$(prop host2 tank/a keystatus)" unavailable
# It is what was sent: with the key it can be read.
on host1 sh -c 'cat ~/key' | on host2 sh -c 'cat >~/key; zfs load-key -L "file://$HOME/key" tank/a'
same file host1 tank/a host2 tank/a
