#!/bin/bash
# Only host1 can log in on host2. check and doctor on the master say, before it is so, that the next master could not send;
# on the replica's host they say what they find. The pair itself goes on, also after a failover, by fetching.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
echo one | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
expect_status 0 zrep check tank/a
mv "$LAB_DIR/host2/bin/ssh" "$LAB_DIR/host2/ssh"
printf '#!/bin/sh\necho "root@host1: Permission denied (publickey)." >&2; exit 255\n' >"$LAB_DIR/host2/bin/ssh"
chmod +x "$LAB_DIR/host2/bin/ssh"

expect_status 1 zrep check tank/a
says 'after a failover, host2 could not send to host1: ssh cannot reach host1: root@host1: Permission denied' 'zrep refresh tank/a'
expect_status 1 zrep doctor tank/a
says 'could not send to host1' 'zrep refresh tank/a'
# It is no reason to stop anything.
expect_status 0 zrep sync tank/a
expect_status 0 zrep -n failover tank/a
says 'after a failover, host2 could not send to host1'
expect_status 0 zrep failover tank/a
says 'after a failover, host2 could not send to host1: ssh cannot reach host1' 'or let host1 fetch then: zrep refresh tank/a'
echo two | put host2 tank/a file
expect_status 5 on host2 zrep sync tank/a
expect_status 1 on host1 zrep doctor tank/a # what its last sync ended with
says 'the last sync of tank/a on host2 failed' 'ssh cannot reach host1'
expect_status 0 zrep refresh tank/a
same file host1 tank/a host2 tank/a

# A stranger's name is not tried: what a dataset there names is.
expect_status 0 zrep takeover tank/a
on host2 zfs set zrep:src-host=elsewhere tank/a
expect_status 2 zrep check tank/a
on host2 zfs set zrep:src-host=host1 tank/a
mv "$LAB_DIR/host2/ssh" "$LAB_DIR/host2/bin/ssh"
expect_status 0 zrep check tank/a
