#!/bin/bash
# needs: userspace
# A name with blanks, and words of zrep's in it, is reported as it is, and quoted in what is to be pasted.
. "$(dirname "$0")/lib.sh"

name='tank/my zrep sync data'
on host1 zfs create "$name"
echo one | put host1 "$name" file
expect_status 0 zrep -t x init "$name" host2 "$name"
says_not 'my zrep -t x sync'
spoil host2 "$name" mine
echo two | put host1 "$name" file
expect_status 3 zrep -t x sync "$name"
says "destination $name on host2 was changed" "on host1, zrep -t x sync -f '$name' discards"
says_not 'my zrep -t x sync'
cmd=$(grep -o "zrep -t x sync -f '[^']*'" <<<"$said")
for verb in check 'status -m'; do
	# shellcheck disable=SC2086
	said=$(zrep -t x $verb 2>&1 || true)
	says_not 'my zrep -t x sync'
done
expect_status 0 on host1 sh -c "$cmd"
expect_status 0 zrep -t x check
