#!/bin/bash
# More of what is said, of snapshots, trees, hooks, limits and other tags, pasted as it is printed: it is better, and nothing
# beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

bystand
newest() { snaps "$1" "$2" | grep -o '[^ ]*$'; }

# What is kept for a side that is away is given back.
made 'tank/c 1'
for _ in 1 2; do
	fill host1 'tank/c 1' big 1
	z host1 sync 'tank/c 1' >/dev/null
done
fill host1 'tank/c 1' big 1
lab cut
fails 5 host1 zrep -t off --timeout 3 doctor 'tank/c 1'
remedy host1 "zrep -t off expire --release 'tank/c 1'"
lab join
cured host1 zrep -t off sync 'tank/c 1'
fill host1 'tank/c 1' big 1
fails 0 host1 zrep -t off status -v 'tank/c 1'
remedy host1 "zrep -t off expire --release 'tank/c 1'"
cured host1 zrep -t off sync 'tank/c 1'
# Its base was destroyed, and the bookmark is left.
on host1 sh -c "zfs release off 'tank/c 1@$(newest host1 'tank/c 1')'; zfs destroy 'tank/c 1@$(newest host1 'tank/c 1')'"
echo more | put host1 'tank/c 1' file
fails 1 host1 zrep -t off check -v 'tank/c 1'
remedy host1 "zrep -t off sync 'tank/c 1'"
cured host1 zrep -t off check 'tank/c 1'

# Limits, of the master and of the replica.
on host1 zfs set quota=100M 'tank/c 1'
fails 0 host1 zrep -t off check -v 'tank/c 1'
remedy host1 "zrep -t off sync 'tank/c 1'"
cured host1 zrep -t off check 'tank/c 1'
on host2 zfs set refquota=50M 'tank/c 1'
fails 0 host1 zrep -t off check -v 'tank/c 1'
remedy host1 "zrep -t off sync 'tank/c 1'"
is "$(prop host2 'tank/c 1' refquota)" 0
unharmed

# A snapshot of somebody's on the replica: noted; bookmarked there, and so in the way.
on host2 zfs snapshot 'tank/c 1@auto'
fails 1 host1 zrep -t off doctor 'tank/c 1'
remedy host2 "zrep -t off rejoin 'tank/c 1'"
answered host2
kept=$(on host2 zfs list -Ho name | grep '^tank/c 1_kept_')
remedy host2 "zfs destroy -r '$kept'"
cured host1 zrep -t off sync 'tank/c 1'
on host2 zfs snapshot 'tank/c 1@auto'
on host2 zfs bookmark 'tank/c 1@auto' 'tank/c 1#theirs'
echo and more | put host1 'tank/c 1' file
fails 3 host1 zrep -t off sync 'tank/c 1'
remedy host2 "zfs destroy 'tank/c 1#theirs'"
cured host1 zrep -t off sync 'tank/c 1'

# Hooks that nobody can run, or anybody could change.
echo true | hook host1 pre-demote
file=$(on host1 sh -c 'echo "${ZREP_HOOKS:-/etc/zrep/hooks.d}/pre-demote"')
on host1 chmod -x "$file"
fails 1 host1 zrep -t off failover 'tank/c 1'
remedy host1 "chmod +x $file"
cured host1 zrep -t off failover 'tank/c 1'
z host2 failover 'tank/c 1' >/dev/null
on host1 chmod go+w "$file"
fails 1 host1 zrep -t off failover 'tank/c 1'
remedy host1 "chmod go-w $file"
cured host1 zrep -t off failover 'tank/c 1'
z host2 failover 'tank/c 1' >/dev/null
unhook host1

# Nothing in common, and the role is to move.
made 'tank/c 2'
on host2 sh -c "zfs list -Hd 1 -t snapshot -o name 'tank/c 2' | while read -r s; do zfs release off \"\$s\"; zfs destroy \"\$s\"; done; zfs snapshot 'tank/c 2@new'"
on host1 sh -c "zfs list -Hd 1 -t bookmark -o name 'tank/c 2' | xargs -rd '\n' -n 1 zfs destroy"
fails 3 host1 zrep -t off failover 'tank/c 2'
remedy host2 "zrep -t off takeover -L 'tank/c 2'"
is "$(prop host2 'tank/c 2' readonly)" off
unharmed

# Forgotten by its master, and nothing newer; a copy of an older snapshot.
on host1 zfs create 'tank/c 3'
on host1 zfs snapshot 'tank/c 3@daily'
z host1 init 'tank/c 3@daily' host2 'tank/c 3' >/dev/null
on host1 zrep -y -t off clear 'tank/c 3' >/dev/null
fails 1 host2 zrep -t off doctor 'tank/c 3'
remedy host1 "zrep -t off init 'tank/c 3' host2 'tank/c 3'"
cured host1 zrep -t off sync 'tank/c 3'
on host1 zfs create 'tank/c 4'
on host1 zfs snapshot 'tank/c 4@daily-1'
on host1 zfs send 'tank/c 4@daily-1' >"$WORK/stream"
on host2 zfs receive -u 'tank/c 4' <"$WORK/stream"
on host1 zfs snapshot 'tank/c 4@daily-2'
fails 3 host1 zrep -t off init 'tank/c 4@daily-2' host2 'tank/c 4'
remedy host1 "zrep -t off init 'tank/c 4'@daily-1 host2 'tank/c 4'"
cured host1 zrep -t off sync 'tank/c 4'

# Left over from something else; stored choices that cannot be read.
on host1 zfs create 'tank/c 5'
on host2 zfs create 'tank/c 5'
on host2 zfs set off:src-fs=tank/other 'tank/c 5'
fails 3 host1 zrep -t off init 'tank/c 5' host2 'tank/c 5'
remedy host2 "zrep -t off clear 'tank/c 5'"
is "$(prop host2 'tank/c 5' off:src-fs)" -
on host2 zfs destroy 'tank/c 5'
on host1 zfs set off:props='?' 'tank/c 5'
fails 3 host1 zrep -t off init 'tank/c 5' host2 'tank/c 5'
remedy host1 "zfs inherit off:props 'tank/c 5'"
cured host1 zrep -t off init 'tank/c 5' host2 'tank/c 5'

# The master by another name; another destination, and the former one.
on host2 zfs set off:src-host=elsewhere 'tank/c 5'
fails 3 host1 zrep -t off sync 'tank/c 5'
remedy host2 "zfs set off:src-host=host1 'tank/c 5'"
cured host1 zrep -t off sync 'tank/c 5'
fails 0 host1 zrep -t off changeconfig -f 'tank/c 5' host2 'tank/c 6'
remedy host2 "zrep -t off clear 'tank/c 5'"
is "$(prop host2 'tank/c 5' off:src-host)" -
unharmed

# A tree in which somebody is in the way.
on host1 zfs create 'tank/w t'
on host1 zfs create 'tank/w t/b'
z host1 init -R 'tank/w t' host2 'tank/w t' >/dev/null
on host1 zfs rename 'tank/w t/b' 'tank/w t/new'
z host1 sync 'tank/w t' >/dev/null
on host1 zfs rename 'tank/w t/new' 'tank/w t/newer'
on host2 zfs create 'tank/w t/newer'
fails 3 host1 zrep -t off sync 'tank/w t'
remedy host2 "zfs rename 'tank/w t/newer' 'tank/w t/newer'_moved"
remedy host1 "zrep -t off sync 'tank/w t'"
cured host1 zrep -t off sync 'tank/w t'

# Other tags: one passes it on, and it can be written to; one has pairs below what was renamed.
made 'tank/c 7'
on host2 zrep -t c init 'tank/c 7' host1 'tank/c 7 back' >/dev/null
on host2 zfs set readonly=off 'tank/c 7'
echo two | put host1 'tank/c 7' file
fails 3 host1 zrep -t off sync 'tank/c 7'
remedy host2 "zfs set readonly=on 'tank/c 7'"
cured host1 zrep -t off sync 'tank/c 7'
on host1 zfs create 'tank/u t'
on host1 zfs create 'tank/u t/x'
z host1 init 'tank/u t/x' host2 tank/ux >/dev/null
on host1 zrep init 'tank/u t/x' host2 tank/uy >/dev/null
on host1 zfs rename 'tank/u t' 'tank/v t'
fails 0 host1 zrep -t off changeconfig -R 'tank/u t' 'tank/v t'
remedy host2 "zrep -t off changeconfig -R host1 'tank/u t' 'tank/v t'"
remedy host1 "zrep -t zrep changeconfig -R 'tank/u t' 'tank/v t'"
answered host1
remedy host2 "zrep changeconfig -R host1 'tank/u t' 'tank/v t'"
cured host1 zrep sync 'tank/v t/x'
cured host1 zrep -t off sync 'tank/v t/x'
