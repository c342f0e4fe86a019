#!/bin/bash
# What is said where a pair cannot be made, or is not found where it was, pasted as it is printed: it is better, and nothing
# beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/my a'
bystand
on host1 zfs create "$a"
echo one | put host1 "$a" file

# Not set up; nothing it could be in; something there.
fails 3 host1 zrep -t off sync "$a"
says "zrep -t off init '$a' HOST DATASET"
fails 3 host1 zrep -t off init "$a" host2 'tank/in here/my a'
remedy host2 "zfs create -p 'tank/in here'"
cured host1 zrep -t off init "$a" host2 'tank/in here/my a'
on host1 zrep -y -t off clear "$a" >/dev/null
on host2 sh -c "zrep -y -t off clear 'tank/in here/my a' && zfs destroy -r 'tank/in here'"
on host2 zfs create "$a"
fails 3 host1 zrep -t off init "$a" host2 "$a"
remedy host1 "zrep -t off init -f '$a' host2 '$a'"
cured host1 zrep -t off sync "$a"

# It is set up, for that destination, for one more, and for that of another tag.
fails 0 host1 zrep -t off init "$a" host2 "$a"
remedy host1 "zrep -t off sync '$a'"
cured host1 zrep -t off check "$a"
fails 3 host1 zrep -t off init "$a" host2 'tank/second a'
says "zrep -t TAG init '$a' host2 'tank/second a'"
expect_status 0 on host1 sh -c "zrep -t two init '$a' host2 'tank/second a'"
unharmed
fails 3 host1 zrep -t off init "$a" host2 'tank/second a'
remedy host1 "zrep -t two sync '$a'"
cured host1 zrep -t two check "$a"
on host1 zrep -y -t two clear "$a" >/dev/null
on host2 sh -c "zrep -y -t two clear 'tank/second a' && zfs destroy -r 'tank/second a'"

# The replica by the wrong name, the master by the wrong host.
fails 3 host2 zrep -t off sync "$a"
remedy host1 "zrep -t off sync '$a'"
unharmed
on host2 zfs rename "$a" 'tank/new a'
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off changeconfig '$a' host2 'tank/new a'"
answered host1
remedy host2 "zrep -t off changeconfig -d 'tank/new a' host1 '$a'"
cured host1 zrep -t off sync "$a"
on host1 zfs rename "$a" 'tank/moved a'
fails 3 host1 zrep -t off sync 'tank/moved a'
remedy host1 "zrep -t off changeconfig 'tank/moved a' host2 'tank/new a'"
answered host1
remedy host2 "zrep -t off changeconfig -d 'tank/new a' host1 'tank/moved a'"
cured host1 zrep -t off sync 'tank/moved a'
a='tank/moved a'

# All below another name at once, with what is said for the other side and for the other tag.
on host1 zfs create 'tank/the tree'
on host1 zfs create 'tank/the tree/x'
z host1 init 'tank/the tree/x' host2 tank/x >/dev/null
on host1 zfs rename 'tank/the tree' 'tank/that tree'
fails 0 host1 zrep -t off changeconfig -R 'tank/the tree' 'tank/that tree'
remedy host2 "zrep -t off changeconfig -R host1 'tank/the tree' 'tank/that tree'"
cured host1 zrep -t off sync 'tank/that tree/x'

# The replica is gone for good.
on host2 sh -c "zrep -y -t off clear 'tank/new a' && zfs destroy -R 'tank/new a'"
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off clear '$a'"
remedy host1 "zrep -t off init '$a' host2 'tank/new a'"
cured host1 zrep -t off check "$a"
# The master is.
on host1 sh -c "zfs rename '$a' tank/away && zrep -y -t off clear -f tank/away"
fails 3 host2 zrep -t off refresh 'tank/new a'
says "zrep -t off changeconfig -d 'tank/new a' host1 NEW-NAME"
remedy host2 "zrep -t off takeover -L 'tank/new a'"
is "$(prop host2 'tank/new a' readonly)" off
unharmed
