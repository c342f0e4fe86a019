#!/bin/bash
# What is said about settings that cannot be read, or are lost, pasted as it is printed: it is better, and nothing beside it
# is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/my a'
bystand
made "$a"

# savecount, keep, foreign-keep: of either side, said by doctor and by who expires.
on host1 zfs set off:savecount=many "$a"
fails 1 host1 zrep -t off doctor "$a"
remedy host1 "zfs set off:savecount=5 '$a'"
cured host1 zrep -t off doctor "$a"
on host1 zfs set off:savecount=many "$a"
fails 3 host1 zrep -t off expire "$a"
remedy host1 "zfs set off:savecount=5 '$a'"
cured host1 zrep -t off expire "$a"

on host2 zfs set off:keep='two weeks' "$a"
fails 1 host1 zrep -t off doctor "$a"
says 'on host2, '
remedy host2 "zfs inherit off:keep '$a'"
cured host1 zrep -t off doctor "$a"
on host1 zfs set off:keep='two weeks' "$a"
fails 3 host1 zrep -t off expire "$a"
remedy host1 "zfs set off:keep=\"24h 14d 8w 12m\" '$a'"
cured host1 zrep -t off expire "$a"
on host1 zfs set off:keep='two weeks' "$a"
fails 3 host1 zrep -t off expire --release "$a"
remedy host1 "zfs inherit off:keep '$a'"
cured host1 zrep -t off check "$a"

on host2 zfs set off:foreign-keep=many "$a"
fails 1 host1 zrep -t off doctor "$a"
remedy host2 "zfs inherit off:foreign-keep '$a'"
cured host1 zrep -t off doctor "$a"

on host1 zfs set off:foreign-keep=many "$a"
fails 3 host1 zrep -t off expire "$a"
remedy host1 "zfs inherit off:foreign-keep '$a'"
cured host1 zrep -t off expire "$a"
fails 3 host2 zrep -t off expire --release "$a"
remedy host1 "zrep -t off expire --release '$a'"
cured host1 zrep -t off sync "$a"

# How old the replica may be, and its limits.
on host1 zfs set off:rpo=often "$a"
fails 1 host1 zrep -t off check "$a"
remedy host1 "zfs set off:rpo=15m '$a'"
cured host1 zrep -t off check "$a"
on host1 zfs set off:quotas=perhaps "$a"
fails 1 host1 zrep -t off check "$a"
remedy host1 "zfs set off:quotas=yes '$a'"
cured host1 zrep -t off check "$a"
on host1 zfs set off:quotas=perhaps "$a"
fails 1 host1 zrep -t off check "$a"
remedy host1 "zfs set off:quotas=no '$a'"
on host1 zfs inherit off:quotas "$a"
cured host1 zrep -t off check "$a"

# What nobody knows, and what makes a master.
on host1 zfs set off:colour=blue "$a"
fails 1 host1 zrep -t off doctor "$a"
remedy host1 "zfs inherit off:colour '$a'"
cured host1 zrep -t off doctor "$a"
on host1 zfs inherit off:master "$a"
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zfs set off:master=yes '$a'"
cured host1 zrep -t off sync "$a"
on host1 zfs inherit off:master "$a"
fails 1 host1 zrep -t off doctor "$a"
remedy host1 "zfs set off:master=yes '$a'"
cured host1 zrep -t off doctor "$a"

# A master that was left read-only, a replica that is not.
on host1 zfs set readonly=on "$a"
fails 1 host1 zrep -t off doctor "$a"
remedy host1 "zfs inherit readonly '$a'"
cured host1 zrep -t off doctor "$a"
on host2 zfs set readonly=off "$a"
fails 1 host1 zrep -t off check "$a"
remedy host2 "zrep -t off doctor --fix '$a'"
cured host1 zrep -t off check "$a"

# Paused.
z host1 pause "$a"
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off unpause '$a'"
cured host1 zrep -t off sync "$a"
z host1 pause "$a"
fails 1 host1 zrep -t off check "$a"
remedy host1 "zrep -t off unpause '$a'"
cured host1 zrep -t off check "$a"
fails 3 host2 zrep -t off pause "$a"
remedy host1 "zrep -t off pause '$a'"
z host1 unpause "$a"

# A script that died.
on host1 sh -c "sleep 60 & zfs set off:lock-pid=\$! 'tank/my a'; zfs set off:lock-time=20260101010101 'tank/my a'"
fails 4 host1 zrep -t off sync "$a"
remedy host1 "zfs inherit off:lock-pid '$a'"
cured host1 zrep -t off sync "$a"
fails 1 host1 zrep -t off doctor "$a" # its time is left
remedy host1 "zrep -t off doctor --fix '$a'"
cured host1 zrep -t off doctor "$a"

# Fetched where it is sent from; rolled back, and paused by that.
fails 3 host1 zrep -t off refresh "$a"
remedy host1 "zrep -t off sync '$a'"
before=$(snaps host1 "$a" | grep -o '[^ ]*$')
echo two | put host1 "$a" file
z host1 sync "$a" >/dev/null
fails 0 host1 zrep -t off -y sync "$a@$before"
remedy host1 "zrep -t off unpause '$a'"
cured host1 zrep -t off sync "$a"

# What follows with the next sync.
on host1 zfs set compression=gzip atime=off "$a"
fails 0 host1 zrep -t off check -v "$a"
remedy host1 "zrep -t off sync '$a'"
cured host1 zrep -t off check "$a"
base=$(snaps host2 "$a" | grep -o '[^ ]*$')
on host2 zfs release off "$a@$base"
fails 1 host1 zrep -t off check "$a"
echo three | put host1 "$a" file
remedy host1 "zrep -t off sync '$a'"
cured host1 zrep -t off check "$a"
on host2 zfs set off:epoch=0 "$a"
on host1 zfs set off:epoch=2 "$a"
fails 1 host1 zrep -t off doctor "$a"
remedy host1 "zrep -t off sync '$a'"
cured host1 zrep -t off doctor "$a"
# What is restricted from above.
on host2 zfs create -o setuid=off 'tank/strict here'
on host1 zfs create 'tank/b c'
z host1 init 'tank/b c' host2 'tank/strict here/b c' >/dev/null
fails 1 host1 zrep -t off check 'tank/b c'
remedy host2 "zfs set setuid=on 'tank/strict here/b c'"
cured host1 zrep -t off check 'tank/b c'
on host2 zfs inherit setuid 'tank/strict here/b c'
fails 1 host1 zrep -t off check 'tank/b c'
remedy host1 "zrep -t off init -x setuid 'tank/b c' host2 'tank/strict here/b c'"
cured host1 zrep -t off check 'tank/b c'
fails 0 host1 zrep -t off -y clear 'tank/b c'
remedy host1 "zfs inherit off:props 'tank/b c'"
is "$(prop host1 'tank/b c' off:props)" -
unharmed

# Who may have settings: a file that others can change.
file=$(on host1 sh -c 'echo "${ZREP_DEFAULTS:-/etc/default/zrep}"')
settings host1 ZREP_SAVE_COUNT=5
on host1 chmod go+w "$file"
fails 2 host1 zrep -t off sync "$a"
remedy host1 "chmod go-w $file"
cured host1 zrep -t off sync "$a"
