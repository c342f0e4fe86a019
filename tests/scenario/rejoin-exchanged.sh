#!/bin/bash
# Two children of a tree exchange their names on the master, and the role is taken by force before a sync: rejoin says how both get the
# name of their pair again, and keeps what each has.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep
on host1 zfs create tank/t
for d in a b; do on host1 zfs create tank/t/$d; echo "first $d" | put host1 tank/t/$d file; done
expect_status 0 zrep init -R tank/t host2 tank/t
echo "later a" | put host1 tank/t/a file
echo "later b" | put host1 tank/t/b file
on host1 sh -c 'zfs rename tank/t/a tank/t/x; zfs rename tank/t/b tank/t/a; zfs rename tank/t/x tank/t/b'
expect_status 0 on host2 zrep -y takeover -L tank/t
fails 3 host1 zrep rejoin tank/t
remedy host1 'zfs rename tank/t/a tank/t/a_moved'
fails 3 host1 zrep rejoin tank/t
remedy host1 'zfs rename tank/t/b tank/t/a'
fails 3 host1 zrep rejoin tank/t
remedy host1 'zfs rename tank/t/a_moved tank/t/b'
expect_status 0 on host1 zrep rejoin tank/t
for d in a b; do led_by host2 tank/t/$d; same file host1 tank/t/$d host2 tank/t/$d; done
[[ $(on host1 sh -c 'zfs list -Hro name tank/t' | grep -c _kept_) -eq 2 ]] || fail 'what was written was not kept'
expect_status 0 on host2 zrep sync tank/t
