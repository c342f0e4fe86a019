#!/bin/bash
# zfs takes longer than the time-out for each thing, here and there, and ZFS answers meanwhile: it is waited for.
. "$(dirname "$0")/lib.sh"

# The first of each kind of call takes that long.
for host in host1 host2; do
	on "$host" sh -c 'mkdir -p ~/scenario; cat >~/scenario/zfs; chmod +x ~/scenario/zfs' <<-'END'
		#!/bin/sh
		PATH=${PATH#*:}
		if [ ! -e ~/scenario/slept."$1" ]; then
			: >~/scenario/slept."$1"
			sleep 4
		fi
		exec zfs "$@"
	END
done
# slowly CMD...
# shellcheck disable=SC2016
slowly() {
	on host1 sh -c 'rm -f ~/scenario/slept.*'
	on host2 sh -c 'rm -f ~/scenario/slept.*'
	on host1 env ZREP_PATH='env PATH=$HOME/scenario:$PATH zrep' sh -c 'PATH=$HOME/scenario:$PATH; exec "$@"' sh "$@"
	on host2 sh -c 'test -e ~/scenario/slept.get' || fail 'it was not slow'
}

on host1 zfs create tank/a
echo 'first words' | put host1 tank/a file
expect_status 0 slowly zrep --timeout 2 init tank/a host2 tank/a
on host2 sh -c 'test -e ~/scenario/slept.receive' || fail 'it was not slow'
echo 'second words' | put host1 tank/a file
expect_status 0 slowly zrep --timeout 2 sync tank/a
same file host1 tank/a host2 tank/a
led_by host1

# A hook has a time limit of its own.
hook host2 pre-promote <<<'sleep 5'
expect_status 0 zrep --timeout 2 failover tank/a
leads host2
