#!/bin/bash
# What one connection of a confined key may use up: bytes, calls, time. What is over it is refused with the reason, nothing is
# left worse, the next run goes on from there; and who stays with `zrep run` connects anew.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"
. "$(dirname "$0")/lib-run.sh"

pair tank/a
confine host2 --under tank/a --role replica --max-bytes 4M
echo one | put host1 tank/a file
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a
fill host1 tank/a big 10
expect_status 3 zrep sync tank/a
says '--max-bytes lets one connection move' '(it has --role replica --max-bytes 4194304 --under tank/a)'
for runs in 2 3 4 5; do
	! on host1 zrep sync tank/a || break
done
is "$runs" 3
same big host1 tank/a host2 tank/a

confine host2 --under tank/a --role replica --max-calls 2
echo two | put host1 tank/a file
expect_status 3 zrep sync tank/a
says '--max-calls lets one connection make'
confine host2 --under tank/a --role replica --max-calls 100
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a

confine host2 --under tank/a --role replica --max-time 5s
fill host1 tank/a big 10
expect_status 3 zrep --limit 500K sync tank/a
says '--max-time lets one connection last'
expect_status 0 zrep sync tank/a
same big host1 tank/a host2 tank/a
stays host1 --every 1s
for word in three four five six; do
	arrives "$word" host1 host2
	sleep 2
done
leaves host1

confine host1
confine host2
unchanged expect_status 2 zrep allow --ssh --max-bytes 1000K tank/a host2
unchanged expect_status 2 zrep allow --max-calls 9 tank/a host2
expect_status 0 zrep allow --ssh --max-bytes 1G --max-time 2h --max-calls 500 tank/a host2
says '--max-bytes 1073741824 --max-calls 500 --max-time 7200 --under tank/a'
synced tank/a
