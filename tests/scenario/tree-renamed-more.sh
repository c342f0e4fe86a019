#!/bin/bash
# limit: 300
# More of what has another name on one side than the other side knows: a pair that is alone, a source that was renamed as its
# replica's host sees it, and names that are taken. What is printed is pasted.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

# --- a pair that is alone ---
pair
on host2 zfs rename tank/a tank/x
fails 3 host1 zrep sync tank/a
says 'it was renamed, and is tank/x there now'
fails 2 host1 zrep check tank/a
fails 1 host1 zrep doctor tank/a
fails 3 host1 zrep failover tank/a
remedy host2 'zfs rename tank/x tank/a'
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep failover tank/a
# Its new name is kept.
on host2 zfs rename tank/a tank/x
fails 3 host1 zrep sync tank/a
remedy host1 'zrep changeconfig tank/a host2 tank/x'
answered host1
remedy host2 'zrep changeconfig -d tank/x host1 tank/a'
expect_status 0 zrep sync tank/a
expect_status 0 zrep check tank/a
# The master's.
on host1 zfs rename tank/a tank/y
fails 3 host2 zrep refresh tank/x
says 'it was renamed, and is tank/y there now'
fails 2 host2 zrep check tank/x
told host2 'zrep changeconfig -d tank/x host1 tank/y'
fails 1 host1 zrep doctor tank/y
remedy host1 'zfs rename tank/y tank/a'
expect_status 0 on host2 zrep refresh tank/x
expect_status 0 on host2 zrep check tank/x
on host1 zfs rename tank/a tank/y
fails 3 host1 zrep sync tank/y
remedy host1 'zrep changeconfig tank/y host2 tank/x'
answered host1
remedy host2 'zrep changeconfig -d tank/x host1 tank/y'
expect_status 0 zrep sync tank/y
expect_status 0 zrep check tank/y
expect_status 0 on host2 zrep takeover tank/x

# --- a member that was renamed on the master, as its replica's host sees it ---
for d in t t/a t/b; do
	on host1 zfs create "tank/$d"
	echo "$d" | put host1 "tank/$d" file
done
zrep init -R tank/t host2 tank/t >/dev/null
on host1 zfs rename tank/t/a tank/t/c
fails 2 host2 zrep check tank/t
told host1 'zrep sync tank/t'
fails 3 host2 zrep takeover tank/t/a
remedy host1 'zrep sync tank/t'
expect_status 0 on host2 zrep check tank/t
on host1 zfs rename tank/t/c tank/t/a
fails 3 host1 zrep -n failover tank/t
remedy host1 'zrep sync tank/t'
expect_status 0 zrep -n failover tank/t

# --- and its replica as well ---
on host1 zfs rename tank/t/a tank/t/c
on host2 zfs rename tank/t/a tank/t/z
fails 3 host1 zrep sync tank/t
remedy host2 'zfs rename tank/t/z tank/t/c'
expect_status 0 zrep sync tank/t
is "$(get host2 tank/t/c file)" t/a
expect_status 0 zrep check tank/t
# Or that is gone.
on host1 zfs rename tank/t/c tank/t/a
on host2 sh -c 'zfs list -Hd 1 -t snapshot -o name tank/t/c | xargs -n 1 zfs release zrep; zfs destroy -r tank/t/c'
fails 3 host1 zrep sync tank/t
fails 2 host1 zrep check tank/t
remedy host1 'zrep clear tank/t/a'
remedy host1 'zrep sync tank/t'
is "$(get host2 tank/t/a file)" t/a
expect_status 0 zrep check tank/t
# Its new name is another pair's on the replica's host.
on host1 zfs create tank/o
on host1 zrep -t other init tank/o host2 tank/t/o >/dev/null
on host1 zfs rename tank/t/b tank/t/o
fails 3 host1 zrep sync tank/t
fails 2 host1 zrep check tank/t
fails 1 host1 zrep doctor tank/t
remedy host1 'zfs set zrep:exclude=yes tank/t/o'
expect_status 0 zrep sync tank/t
expect_status 0 on host1 zrep -t other check tank/o

# --- the right one, whose words are another's, or not all there ---
pair tank/p
expect_status 0 zrep sync tank/p
on host2 zfs set zrep:src-fs=tank/q tank/p
fails 3 host1 zrep sync tank/p
fails 2 host1 zrep check tank/p
remedy host2 'zrep changeconfig -f -d tank/p host1 tank/p'
expect_status 0 zrep sync tank/p
on host2 zfs inherit zrep:dest-fs tank/p
fails 3 host1 zrep failover tank/p
remedy host2 'zrep doctor --fix tank/p'
expect_status 0 zrep sync tank/p
expect_status 0 zrep check tank/p
