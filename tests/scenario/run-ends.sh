#!/bin/bash
# zrep run ends soon when it is told to, whatever it waits for: the other host's ZFS, the network, its own ZFS. The next one goes
# on from there.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hang.sh"
. "$(dirname "$0")/lib-run.sh"
trap 'wake host1; wake host2; for pid in "${stays_pid[@]}"; do kill -KILL "$pid" 2>/dev/null; done' EXIT

# is_stuck: a round is under way, and has been for a while.
is_stuck() { sleep 4; alive host1; }
pair tank/a
on host1 zfs set zrep:rpo=3s tank/a
stays host1 --every 1s
arrives one host1 host2

hang host2
echo two | put host1 tank/a file
is_stuck
leaves host1
wake host2
told host1 'ends in the midst of tank/a'

stays host1 --every 1s
within 20 has_text host2 tank/a two
lab cut
echo three | put host1 tank/a file
is_stuck
leaves host1
lab join

stays host1 --every 1s
within 60 has_text host2 tank/a three
echo four | put host1 tank/a file
hang host1
is_stuck
leaves host1
told host1 'ZFS'
wake host1

# Where nothing hangs it ends well, and says nothing of that.
stays host1 --every 1s
within 60 has_text host2 tank/a four
arrives five host1 host2
leaves host1
told_times host1 'ends ' 0
within 20 synced tank/a
