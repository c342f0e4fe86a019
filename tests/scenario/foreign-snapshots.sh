#!/bin/bash
# always
# Snapshots that somebody else makes on the master arrive as well, wherever they stand, and stay.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
on host1 zfs snapshot tank/a@before
echo "first words" | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
on host1 zfs snapshot tank/a@right-after
synced
on host1 zfs snapshot tank/a@early
echo "second words" | put host1 tank/a file
on host1 zfs snapshot tank/a@middle
echo "third words" | put host1 tank/a file
synced
on host1 zfs snapshot tank/a@late
synced
for name in right-after early middle late; do
	is "$(guid host1 tank/a@$name)" "$(guid host2 tank/a@$name)"
done
is "$(get host2 tank/a@middle file)" 'second words'

# Gone from the master, they stay on the replica.
on host1 zfs destroy tank/a@early,middle
echo "fourth words" | put host1 tank/a file
synced
has host2 tank/a@middle

# Not sent with -i, nor with a tag other than zrep.
on host1 zfs snapshot tank/a@private
echo "fifth words" | put host1 tank/a file
expect_status 0 on host1 env ZREP_INC_FLAG=-i zrep sync tank/a
hasnt host2 tank/a@private
same file host1 tank/a host2 tank/a
