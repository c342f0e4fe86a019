#!/bin/bash
# A replica whose key is not loaded could not be written to as the master: said before anything is done.
. "$(dirname "$0")/lib.sh"

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex tank/e"
echo "secret words" | put host1 tank/e file
zrep init tank/e host2 tank/e
refuses 3 zrep failover tank/e
says 'the key of tank/e on host2 is not loaded' 'on host2: zfs load-key tank/e'
refuses 3 on host2 zrep takeover tank/e
says 'the key of tank/e on host2 is not loaded'
on host2 sh -c "echo $key | zfs load-key tank/e"
expect_status 0 zrep failover tank/e
leads host2 tank/e

# The only side there is becomes the master all the same.
on host1 sh -c 'zfs unmount tank/e 2>/dev/null; zfs unload-key tank/e'
lab cut
expect_status 0 zrep -y takeover -L tank/e
says 'the key of tank/e on host1 is not loaded' 'zfs load-key'
lab join
on host1 sh -c "echo $key | zfs load-key tank/e"
expect_status 0 on host2 zrep rejoin tank/e
leads host1 tank/e
