#!/bin/bash
# always
# The master's role moves to the other side with everything that was written, and comes back.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
unchanged expect_status 0 zrep -n failover tank/a
says 'host1: make read-only tank/a' 'zrep:switch=leaving 1' 'zrep:switch=entering 1'
expect_status 0 zrep failover tank/a
says 'tank/a on host2 is the master now, of epoch 1' 'tank/a on host1 is a replica of epoch 1' 'read-only for'
is "$(get host2 tank/a file)" 'second words'
is "$(prop host2 tank/a zrep:fork)" "$(guid host1 tank/a@zrep_000001)"
[[ $(prop host2 tank/a zrep:since) -ge $(prop host2 tank/a@zrep_000001 zrep:sent) ]] || fail 'no time of the change'
is "$(prop host1 tank/a zrep:fork)" -
is "$(prop host1 tank/a zrep:epoch)" 1
leads host2
expect_status 0 on host2 zrep status -v tank/a
says 'role         master' 'destination  host1:tank/a' 'epoch        1, since '
expect_status 0 zrep status -a tank/a
says 'host2:tank/a' replica

# Where it is already, there is nothing to do.
unchanged expect_status 0 zrep failover tank/a
says 'tank/a on host1 is already a replica of epoch 1; tank/a on host2 is the master'
refuses 3 zrep sync tank/a
says 'tank/a on host1 is a replica' 'tank/a on host2'

# What readonly was on each side comes back with the role.
echo "third words" | put host2 tank/a file
is "$(on host2 zrep --json failover tank/a | jq -r '.datasets."tank/a" | .status, .role, .epoch, .peer' | paste -sd ' ')" \
	'moved replica 2 host1:tank/a'
is "$(get host1 tank/a file)" 'third words'
is "$(on host1 zfs get -Ho source readonly tank/a)" default
leads host1
on host1 zfs set readonly=off tank/a
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep failover tank/a
is "$(on host1 zfs get -Ho value,source readonly tank/a)" $'off\tlocal'
leads host1

# What is nobody's, or is not there.
on host1 zfs create tank/plain
refuses 3 zrep failover tank/plain
says 'tank/plain on host1 is not replicated by zrep'
expect_status 1 zrep failover tank/none
says 'tank/none on host1 does not exist'
