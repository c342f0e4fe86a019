#!/bin/bash
# needs: mount
# always
# The master is in use; the replica is never mounted by a sync, and may be mounted by somebody.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
on host1 sh -c 'echo "first words" >/tank/a/file'
expect_status 0 zrep init tank/a host2 tank/a
is "$(prop host2 tank/a mounted)" no
on host1 sh -c 'echo "second words" >/tank/a/file'
expect_status 0 zrep sync tank/a
is "$(get host2 tank/a file)" 'second words'
on host2 zfs mount tank/a
on host1 sh -c 'echo "third words" >/tank/a/file'
expect_status 0 zrep sync tank/a
on host2 sh -c 'cat /tank/a/file' | grep -q 'third words'
on host2 sh -c 'ls /tank/a/.zfs/snapshot/zrep_000001' | grep -q file
expect_status 0 zrep sync tank/a
says unchanged

# A replica that is read is not changed; an expired snapshot may be open.
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=1 tank/a
on host1 sh -c 'echo "fourth words" >/tank/a/file'
expect_status 0 zrep sync tank/a
is "$(snaps host2 tank/a)" zrep_000003
