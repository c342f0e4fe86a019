#!/bin/bash
# Trees of several hosts: each role moves by itself; a paused one as well; a rejoin that died goes on with what is below.
. "$(dirname "$0")/lib.sh"

words() { echo "words of $2" | put "$1" "$2" file; }
for d in a a/b far far/b; do on host1 zfs create "tank/$d" && words host1 "tank/$d"; done
expect_status 0 zrep init -R tank/a host2 tank/a
expect_status 0 zrep init -R tank/far localhost tank/else
on host1 zfs set zrep:dest-host=host9.invalid tank/far tank/far/b

# A tree whose other side cannot be reached is no matter of host2's.
expect_status 0 zrep failover all host2
led_by host2 tank/a
led_by host2 tank/a/b
expect_status 0 on host2 zrep pause tank/a
expect_status 0 on host2 zrep failover tank/a
led_by host1 tank/a/b
is "$(prop host1 tank/a zrep:paused)" yes
expect_status 0 zrep unpause tank/a

# Both went on writing; the top comes back, and what is below is busy.
expect_status 0 on host2 zrep -y takeover -L tank/a
words host1 tank/a/b
echo 'of host2' | put host2 tank/a/b file
on host1 sh -c 'sleep 60 >/dev/null 2>&1 & zfs set "zrep:lock-pid=$!" tank/a/b'
expect_status 4 zrep rejoin tank/a
is "$(prop host1 tank/a zrep:src-host) $(prop host1 tank/a/b zrep:master)" 'host2 yes'
on host1 zfs inherit zrep:lock-pid tank/a/b
expect_status 0 zrep rejoin tank/a
is "$(get host1 tank/a/b file)" 'of host2'
led_by host2 tank/a/b
