#!/bin/bash
# The other host does not answer, does not let us in, or is not known.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
on host1 zfs create tank/b
unchanged expect_status 5 zrep init tank/b nowhere.invalid tank/b
says 'nowhere.invalid' '-> '
refuses 5 on host1 env SSH=/no/such/ssh zrep sync tank/a
says '/no/such/ssh'
refuses 5 on host1 env SSH='ssh -i /dev/null -o IdentityFile=/dev/null -F /dev/null -p 1' zrep sync tank/a
says 'ssh cannot reach host2'
lab kill host2
expect_status 5 zrep sync tank/a
says 'tank/a' 'ssh cannot reach host2' 'ssh host2 true'
expect_status 5 zrep sync all
says '1 failed'
expect_status 0 zrep status
says failed
expect_status 5 zrep expire
expect_status 0 zrep expire -L
lab start host2
synced
