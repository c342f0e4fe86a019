#!/bin/bash
# failover -L --discard died before anything was destroyed, and then somebody says failover -L, which keeps what is newer: it is
# kept. The same of takeover -L, and of a snapshot that it goes back to.
. "$(dirname "$0")/lib.sh"

pair
old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
echo 'only here' | put host1 tank/a file
on host1 zfs set "zrep:switch=back $old discard" zrep:readonly=inherited readonly=on tank/a
unchanged expect_status 3 zrep -n failover -L tank/a
expect_status 0 zrep -y failover -L tank/a
says 'was to go back destroying what is newer; that is kept now' 'preserved'
is "$(prop host1 tank/a zrep:master) $(prop host1 tank/a zrep:switch)" '- -'
is "$(get host1 "$(kept host1)" file)" 'only here'

# By the same word it goes on.
expect_status 0 on host2 zrep takeover tank/a
expect_status 0 on host2 zrep failover tank/a
echo 'not wanted' | put host1 tank/a file
old=$(guid host1 "tank/a@$(snaps host1 tank/a | grep -o '[^ ]*$')")
on host1 zfs set "zrep:switch=back $old discard" zrep:readonly=inherited readonly=on tank/a
expect_status 0 zrep -y failover -L --discard tank/a
is "$(on host1 zfs list -H -o name -r tank | grep -c _kept_)" 1
