#!/bin/bash
# A whole pool's own filesystem has a replica. It cannot be renamed to keep what it has.
. "$(dirname "$0")/lib.sh"

on host1 sh -c 'mkdir -p ~/scenario && truncate -s 128M ~/scenario/disk && zpool create -O mountpoint=none whole ~/scenario/disk'
echo "first words" | put host1 whole file
expect_status 0 zrep init whole host2 tank/whole
expect_status 0 zrep failover whole
is "$(roles host2 tank/whole)" 'yes host2 tank/whole host1 whole - off'
echo "second words" | put host2 tank/whole file
expect_status 0 zrep takeover whole
is "$(get host1 whole file)" 'second words'
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/whole
lab join
echo "not sent" | put host1 whole file
refuses 3 zrep rejoin whole
says 'whole on host1 is a pool: it cannot be renamed' '--discard'
echo "still writable" | put host1 whole file
expect_status 0 zrep -y rejoin --discard whole
is "$(get host1 whole file)" 'second words'
is "$(roles host1 whole)" '- host2 tank/whole host1 whole - on'
echo "third words" | put host2 tank/whole file
expect_status 0 on host2 zrep sync tank/whole
is "$(get host1 whole file)" 'third words'

# HOST or dataset: a word that is a dataset's name is one.
expect_status 0 on host2 zrep failover tank/whole host1
is "$(roles host1 whole)" 'yes host1 whole host2 tank/whole - off'
pair
expect_status 0 zrep failover tank/a whole
is "$(prop host2 tank/whole zrep:master) $(prop host2 tank/a zrep:master)" 'yes yes'
