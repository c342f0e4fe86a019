#!/bin/bash
# Two runs on one dataset: the second finds it busy, and the first is not disturbed.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
fill host1 tank/a big 16
begin 8 zrep sync tank/a
for verb in 'sync tank/a' 'expire tank/a' 'clear -f tank/a' 'init tank/a host2 tank/c'; do
	# shellcheck disable=SC2086
	expect_status 4 zrep $verb
	says 'tank/a on host1 is busy: zrep -t zrep, pid' '-> '
done
expect_status 4 on host2 zrep clear -f tank/a
says 'tank/a on host2 is busy'
expect_status 0 zrep status
expect_status 0 zrep -n sync tank/a

# The others are not held up.
echo more | put host1 tank/b file
expect_status 4 zrep sync all
says 'tank/a on host1 is busy' '1 failed'
same file host1 tank/b host2 tank/b
go_on
ended 0
same big host1 tank/a host2 tank/a

# Two `sync all`.
fill host1 tank/a big 16
begin 8 zrep sync all
expect_status 4 zrep sync all
says 'another `zrep sync all` runs on host1' '-> '
go_on
ended 0
same big host1 tank/a host2 tank/a
synced
