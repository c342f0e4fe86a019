#!/bin/bash
# needs: mount
# What was made by hand is mounted, has something mounted below it, and is in use: the first copy waits for that to end,
# and what was mounted is mounted again, read-only.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
on host1 mkdir /tank/a/child
echo "words" | put host1 tank/a file
on host2 zfs create -o compression=gzip tank/a
on host2 zfs create tank/a/child
echo "of somebody" | put host2 tank/a old
echo "of the child" | put host2 tank/a/child file
expect_status 3 zrep init tank/a host2 tank/a
says 'without a snapshot' 'mounted at /tank/a' 'zrep init -f'

on host2 sh -c 'cd /tank/a && exec sleep 600 >/dev/null 2>&1 & echo $!' >"$WORK/user"
expect_status 3 zrep init -f tank/a host2 tank/a
says 'cannot unmount /tank/a' 'sleep'
is "$(get host2 tank/a old)" 'of somebody'
is "$(on host2 cat /tank/a/child/file)" 'of the child'
on host2 kill "$(<"$WORK/user")"

expect_status 0 zrep init -f tank/a host2 tank/a
is "$(on host2 cat /tank/a/file)" words
on host2 sh -c '! test -e /tank/a/old'
on host2 sh -c '! touch /tank/a/new 2>/dev/null'
is "$(on host2 cat /tank/a/child/file)" 'of the child'
is "$(prop host2 tank/a compression)" gzip
echo "more words" | put host1 tank/a file
synced
is "$(on host2 cat /tank/a/file)" 'more words'

# A copy that was received there and is mounted is made read-only where it is.
on host1 zfs create tank/b
echo "words" | put host1 tank/b file
on host1 zfs snapshot tank/b@s
on host1 zfs send tank/b@s >"$WORK/stream"
on host2 zfs receive -o atime=off tank/b <"$WORK/stream"
is "$(on host2 cat /tank/b/file)" words
expect_status 0 zrep init tank/b host2 tank/b
on host2 sh -c '! touch /tank/b/new 2>/dev/null'
echo "more words" | put host1 tank/b file
synced tank/b

# A volume that somebody has open is not taken from under his hands.
on host1 zfs create -V 16M tank/v
head -c 1000000 /dev/urandom | put host1 tank/v 4096
on host2 zfs create -V 16M tank/v
within 20 on host2 test -b /dev/zvol/tank/v
on host2 sh -c 'exec sleep 600 3<>/dev/zvol/tank/v >/dev/null 2>&1 & echo $!' >"$WORK/user"
expect_status 3 zrep init -f tank/v host2 tank/v
says 'tank/v'
is "$(prop host2 tank/v readonly)" off
on host2 kill "$(<"$WORK/user")"
expect_status 0 zrep init -f tank/v host2 tank/v
same 4096+1000000 host1 tank/v host2 tank/v
