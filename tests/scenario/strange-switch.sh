#!/bin/bash
# zrep:switch says something that no zrep of this version wrote, or that came with a stream.
. "$(dirname "$0")/lib.sh"

pair
for text in 'leaving' 'leaving 18446744073709551615' 'back 5 keep tank/a;id' $'sideways 7 \e[31m'; do
	on host1 zfs set "zrep:switch=$text" tank/a
	refuses 3 zrep sync tank/a
	says_not $'\e'
	expect_status 0 zrep status
	says_not $'\e'
done
for verb in 'failover tank/a' '-y failover -L tank/a' 'rejoin tank/a'; do
	# shellcheck disable=SC2086
	refuses 3 zrep $verb
done
on host2 zfs set 'zrep:switch=entering 0' tank/a
on host1 zfs inherit zrep:switch tank/a
for verb in 'takeover tank/a' '-y takeover -L tank/a'; do
	# shellcheck disable=SC2086
	refuses 3 on host2 zrep $verb
done
refuses 3 zrep sync tank/a
on host2 zfs inherit zrep:switch tank/a

# A snapshot that is not there: nothing is guessed.
on host1 zfs set 'zrep:switch=back 12345 discard' tank/a
refuses 3 zrep sync tank/a
says 'tank/a on host1' 'a snapshot that does not exist'
on host1 zfs inherit zrep:switch tank/a
synced

# Received with a stream, or inherited, it is nobody's.
on host1 zfs create tank/a/child
pair tank/a/b
on host1 zfs set 'zrep:switch=leaving 5' tank/a
expect_status 0 zrep sync tank/a/b
on host1 zfs inherit zrep:switch tank/a
on host1 sh -c 'zfs set "zrep:switch=entering 9" tank/a && zfs snapshot tank/a@p && zfs send -p tank/a@p | ssh host2 zfs receive -u tank/stray'
on host1 zfs inherit zrep:switch tank/a
expect_status 3 on host2 zrep failover tank/stray
expect_status 0 on host2 zrep status -a
is "$(prop host2 tank/stray zrep:switch)" 'entering 9'
