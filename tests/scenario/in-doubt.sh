#!/bin/bash
# needs: userspace
# The data arrived, and then the other host died before anybody noted it. The next sync asks what is there.
. "$(dirname "$0")/lib.sh"

off() { [[ ! -e /proc/$(<"$LAB_DIR/$1/uzfsd.pid")/exe ]]; }

pair
echo "second words" | put host1 tank/a file
lab ctl host2 arm -m 2 before host
expect_status 5 zrep sync tank/a
says 'the connection to host2 was lost' '-> '
within 10 off host2
lab start host2
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001'
is "$(prop host2 tank/a@zrep_000001 zrep:sent)" -
is "$(holds host2 tank/a@zrep_000000)" zrep
expect_status 0 zrep sync tank/a
is "$(snaps host1 tank/a)" 'zrep_000000 zrep_000001'
synced

# The same when this host dies.
echo "third words" | put host1 tank/a file
lab ctl host1 arm -m 2 after host
expect_status 137 zrep sync tank/a
within 10 off host1
lab start host1
expect_status 0 zrep sync tank/a
synced
