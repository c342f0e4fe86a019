#!/bin/bash
# What is said where one side names what is not the other: another dataset has taken the replica's place, the master replicates
# to another one by now, or the one that the replica names leads no more.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

bystand

# The replica is gone, and another pair's has its name.
made 'tank/n 1'
made 'tank/n 2'
on host2 sh -c "zfs list -Hrt snapshot -o name 'tank/n 1' | while read -r s; do zfs release off \"\$s\"; done; zfs destroy -r 'tank/n 1'" 2>/dev/null
on host2 zfs rename 'tank/n 2' 'tank/n 1'
fails 3 host1 zrep -t off sync 'tank/n 1'
says "is not the replica of tank/n 1 on host1 (it names tank/n 2 on host1 as its source)"
told host1 "zrep -t off changeconfig 'tank/n 1' host2 NEW-NAME"
remedy host1 "zrep -t off clear 'tank/n 1'"
expect_status 0 z host1 init 'tank/n 1' host2 'tank/n 3'
same file host1 'tank/n 1' host2 'tank/n 3'
fails 3 host1 zrep -t off sync 'tank/n 2'
remedy host1 "zrep -t off changeconfig 'tank/n 2' host2 'tank/n 1'"
answered host1
remedy host2 "zrep -t off changeconfig -d 'tank/n 1' host1 'tank/n 2'"
expect_status 0 z host1 sync 'tank/n 2'

# The master replicates to another one by now: what was its replica, and led once, does not come back to it.
made 'tank/n 4'
z host1 failover 'tank/n 4' >/dev/null
lab save host2 host2
z host1 takeover 'tank/n 4' >/dev/null
lab restore host2 host2
z host1 changeconfig -f 'tank/n 4' host2 'tank/n 5' >/dev/null
fails 3 host2 zrep -t off rejoin 'tank/n 4'
says 'is not the replica that tank/n 4 on host1 syncs to: that is tank/n 5 on host2'
remedy host1 "zrep -t off changeconfig 'tank/n 4' host2 'tank/n 4'"
expect_status 0 on host2 zrep -t off rejoin 'tank/n 4'
expect_status 0 z host1 sync 'tank/n 4'

# A tree was cleared, and is to begin anew where its copies still are.
on host1 zfs create 'tank/n t'
on host1 zfs create 'tank/n t/x'
z host1 init -R 'tank/n t' host2 'tank/n t' >/dev/null
z host1 clear -f 'tank/n t' >/dev/null
fails 3 host1 zrep -t off init -R 'tank/n t' host2 'tank/n t'
says_not preserved
remedy host2 "zfs rename 'tank/n t' 'tank/n t'_moved"
cured host1 zrep -t off init -R 'tank/n t' host2 'tank/n t'

# The one that it names follows another host's: the role moves there.
made 'tank/n 6'
on host1 sh -c "zfs inherit off:master 'tank/n 6'; zfs set off:src-host=host3 off:src-fs='tank/m 6' 'tank/n 6'"
fails 3 host2 zrep -t off takeover 'tank/n 6'
says 'tank/n 6 on host1 is no master (tag off)'
told host3 "zrep -t off failover 'tank/m 6'"
unharmed
