#!/bin/bash
# While a dataset is on its way back, everybody else finds it busy, and touches nothing.
. "$(dirname "$0")/lib.sh"

pair
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/a
lab join
echo "not sent" | put host1 tank/a file
hook host1 post-demote <<'END'
mkdir -p ~/scenario
echo once >>~/scenario/waits
until [ -e ~/scenario/go ]; do sleep 0.1; done
END
start zrep rejoin tank/a
within 20 on host1 sh -c 'test -e ~/scenario/waits'
[[ $(prop host1 tank/a zrep:switch) == 'back '* ]] || fail 'not on its way'
for verb in 'sync tank/a' 'rejoin tank/a' 'failover tank/a' '-y failover -L tank/a' '-y takeover -L tank/a'; do
	# shellcheck disable=SC2086
	unchanged expect_status 4 zrep $verb
done
for verb in 'sync tank/a' 'rejoin tank/a' 'failover tank/a'; do
	# shellcheck disable=SC2086
	unchanged expect_status 4 on host2 zrep $verb
done
unchanged expect_status 0 zrep status -a
is "$(on host1 sh -c 'cat ~/scenario/waits')" once
go_on
ended 0
is "$(get host1 "$(kept host1)" file)" 'not sent'
unhook host1
leads host2
