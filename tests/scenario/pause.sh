#!/bin/bash
# A paused dataset is left out of `sync all`, and is not synced by its name either.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
unchanged expect_status 0 zrep -n pause tank/a
says 'zrep:paused=yes'
expect_status 0 zrep pause tank/a
says 'tank/a on host1 is paused'
unchanged expect_status 0 zrep -p tank/a
says 'already paused'
for ds in tank/a tank/b; do echo "more" | put host1 $ds file; done
expect_status 0 zrep sync all
says '1 dataset: 1 sent' 'tank/a is paused and was left out'
refuses 3 zrep sync tank/a
says 'tank/a on host1 is paused' 'zrep unpause tank/a' '-f'
refuses 3 zrep snaponly tank/a # which has no -f
says 'tank/a on host1 is paused' 'zrep unpause tank/a'
says_not '-f'
# It is the master's word, both ways.
for verb in pause unpause; do
	refuses 3 on host2 zrep $verb tank/a
	says 'tank/a on host2 is a replica' "$verb it on its master: on host1, zrep $verb tank/a"
done
is "$(get host2 tank/a file)" 'first words'
expect_status 0 zrep status
says paused
expect_status 0 zrep sync -f tank/a
same file host1 tank/a host2 tank/a
is "$(on host1 zrep --json status | jq '.datasets."tank/a".paused')" true

# It stays so whoever is the master.
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep sync all
says 'tank/a is paused and was left out'
expect_status 0 on host2 zrep failover tank/a
refuses 3 zrep sync tank/a

is "$(on host1 zrep --json unpause tank/a tank/b | jq -r '.datasets[].status' | paste -sd ' ')" 'active active'
unchanged expect_status 0 zrep -u tank/a
says 'already not paused'
expect_status 0 zrep status
says_not paused
echo "even more" | put host1 tank/a file
expect_status 0 zrep sync all
says '2 datasets: 1 sent'
on host1 zfs create tank/plain
unchanged expect_status 3 zrep pause tank/plain
expect_status 1 zrep pause tank/none
