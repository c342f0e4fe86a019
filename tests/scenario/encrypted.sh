#!/bin/bash
# always
# An encrypted dataset travels raw: the replica's host never sees the key.
. "$(dirname "$0")/lib.sh"

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex tank/e"
echo "secret words" | put host1 tank/e file
expect_status 0 zrep init tank/e host2 tank/e
is "$(prop host2 tank/e keystatus)" unavailable
! get host2 tank/e file >/dev/null 2>&1 || fail 'readable without the key'
echo "more secret words" | put host1 tank/e file
expect_status 0 zrep sync tank/e

# Without the key on this side as well.
on host1 sh -c 'zfs unmount tank/e 2>/dev/null; zfs unload-key tank/e'
expect_status 0 zrep sync tank/e
on host1 sh -c "echo $key | zfs load-key tank/e"
on host2 sh -c "echo $key | zfs load-key tank/e"
same file host1 tank/e host2 tank/e
is "$(get host2 tank/e file)" 'more secret words'
