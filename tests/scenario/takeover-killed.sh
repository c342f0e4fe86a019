#!/bin/bash
# The takeover's own zrep is interrupted or killed while the other side makes way: that is the master again.
. "$(dirname "$0")/lib.sh"

pair
expect_status 0 zrep failover tank/a
hook host2 pre-demote <<'END'
mkdir -p ~/scenario
: >~/scenario/waits
until [ -e ~/scenario/go ]; do sleep 0.1; done
END
# under_way: takeover, until host2 makes way.
under_way() {
	on host2 sh -c 'rm -rf ~/scenario'
	start zrep takeover tank/a
	within 20 on host2 sh -c 'test -e ~/scenario/waits'
	is "$(prop host2 tank/a zrep:switch)" 'leaving 2'
}

under_way
signal INT
ended 1
says 'tank/a on host2 stays the master, and is writable again' 'interrupted'
within 20 idle
leads host2

under_way
signal KILL
ended 137
on host2 sh -c ': >~/scenario/go' # hooks are not ended with their zrep
within 30 idle
expect_status 0 on host2 zrep doctor --fix tank/a
says 'tank/a on host2 stays the master, and is writable again' 'no findings'
leads host2

# Its whole host dies; and comes back to ask for it once more.
under_way
lab kill host1
wait "$begun" || true
on host2 sh -c ': >~/scenario/go'
unhook host2
lab start host1
within 30 idle
expect_status 0 zrep takeover tank/a
leads host1
