#!/bin/bash
# Interrupted in the last sync, when the master is read-only already: it becomes writable again.
. "$(dirname "$0")/lib.sh"

pair
late host1 16
for sig in TERM HUP; do
	begin 8 zrep failover tank/a
	is "$(prop host1 tank/a readonly)" on
	is "$(prop host1 tank/a zrep:switch)" 'leaving 1'
	signal $sig
	ended 1
	says 'tank/a on host1 stays the master, and is writable again' 'interrupted'
	within 20 idle
	leads host1
	same big host1 tank/a host2 tank/a
done

# ^C is for the ssh as well.
begin 8 setsid zrep failover tank/a
on host1 sh -c 'kill -s INT -- "-$(cat ~/scenario/pid)"'
ended 1
says 'stays the master, and is writable again'
within 20 idle
leads host1
is "$(prop host1 tank/a zrep:epoch)$(prop host2 tank/a zrep:epoch)" --
