#!/bin/bash
# What is said where a dataset has several tags, pasted as it is printed: it is better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/a 1'
bystand
two() { on "$1" zrep -t two "${@:2}"; }

# Two tags of one source and one destination: the role cannot move until one is given up.
made "$a"
for host in host1 host2; do
	for p in src-host=host1 "src-fs=$a" dest-host=host2 "dest-fs=$a" savecount=5; do on $host zfs set "two:$p" "$a"; done
done
on host1 zfs set two:master=yes "$a"
fails 3 host1 zrep -t off failover "$a"
remedy host1 "zrep -t two clear '$a'"
on host2 zrep -y -t two clear "$a" >/dev/null
cured host1 zrep -t off failover "$a"
z host1 takeover "$a" >/dev/null

# The other tag is in the middle of a change.
made 'tank/a 2'
two host1 init 'tank/a 2' host2 'tank/a two' >/dev/null
on host1 zfs set 'two:switch=leaving 1' 'tank/a 2'
fails 3 host1 zrep -t off failover 'tank/a 2'
remedy host1 "zrep -t two doctor --fix 'tank/a 2'"
cured host1 zrep -t off failover 'tank/a 2'
cured host1 zrep -t two sync 'tank/a 2'

# What came with a stream, and has no purpose.
on host1 zfs create tank/from
for p in src-host=host9 src-fs=tank/x dest-host=host2 dest-fs='tank/came a'; do on host1 zfs set "two:$p" tank/from; done
on host1 zfs snapshot tank/from@s
on host1 zfs send -p tank/from@s >"$WORK/stream"
on host2 zfs receive -u 'tank/came a' <"$WORK/stream"
for p in src-host src-fs dest-host dest-fs; do on host1 zfs inherit two:$p tank/from; done
fails 3 host1 zrep -t off init tank/from host2 'tank/came a'
for p in src-host src-fs dest-host dest-fs; do remedy host2 "zfs inherit two:$p 'tank/came a'"; done
cured host1 zrep -t off init tank/from host2 'tank/came a'
cured host1 zrep -t off sync tank/from

# Something below it that leads under the other one.
made 'tank/b 1'
on host1 zfs create 'tank/b 1/q'
two host1 init 'tank/b 1/q' host2 'tank/b q' >/dev/null
fails 3 host1 zrep -t off failover 'tank/b 1'
remedy host1 "zfs set readonly=off 'tank/b 1/q'"
cured host1 zrep -t off failover 'tank/b 1'
echo two | put host1 'tank/b 1/q' file
cured host1 zrep -t two sync 'tank/b 1/q'

# A cascade takes no snapshots.
made 'tank/c 1'
two host2 init 'tank/c 1' host1 'tank/c back' >/dev/null
echo two | put host1 'tank/c 1' file
z host1 sync 'tank/c 1' >/dev/null
fails 3 host2 zrep -t two snaponly 'tank/c 1'
remedy host2 "zrep -t two sync 'tank/c 1'"
is "$(get host1 'tank/c back' file)" two
unharmed

# One of the others leads already; it is to be this one all the same.
made 'tank/d 1'
two host1 init 'tank/d 1' host2 'tank/d two' >/dev/null
z host1 sync 'tank/d 1' >/dev/null
two host1 sync 'tank/d 1' >/dev/null
lab kill host1
two host2 -y --timeout 3 takeover -L 'tank/d two' >/dev/null
fails 3 host2 zrep -y -t off --timeout 3 takeover -L 'tank/d 1'
shows host2 'zrep -t off status -a'
fails 3 host2 zrep -y -t off --timeout 3 takeover -L 'tank/d 1'
remedy host2 "zrep -t off takeover -L --force 'tank/d 1'"
is "$(prop host2 'tank/d 1' readonly)" off
lab start host1
fails 3 host2 zrep -t two sync 'tank/d 1'
remedy host2 "zrep -t two changeconfig 'tank/d two' host2 'tank/d 1'"
remedy host2 "zrep -t two rejoin --force 'tank/d two'"
cured host2 zrep -t two sync 'tank/d 1'
