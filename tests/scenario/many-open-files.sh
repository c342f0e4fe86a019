#!/bin/bash
# needs: userspace
# More datasets than either side may have open files: in one run, alone and as a tree, and in both directions.
. "$(dirname "$0")/lib.sh"

n=${DATASETS:-50}
prlimit --pid "$(<"$LAB_DIR/host2/sshd.pid")" --nofile=256:256
few() { on host1 bash -c 'ulimit -n 256; exec "$@"' few "$@"; }

on host1 bash -c "zfs create tank/t; for ((i = 0; i < $n; i++)); do zfs create tank/t/d\$i; done"
expect_status 0 few zrep --quiet init -R tank/t host2 tank/t
for i in 0 7 $((n - 1)); do echo "words $i" | put host1 "tank/t/d$i" file; done
expect_status 0 few zrep sync all
says "$((n + 1)) datasets: 3 sent"
for i in 0 7 $((n - 1)); do same file host1 "tank/t/d$i" host2 "tank/t/d$i"; done
expect_status 0 few zrep check
expect_status 0 few zrep expire
expect_status 0 few zrep status -m
expect_status 0 few zrep failover tank/t
is "$(prop host2 "tank/t/d$((n - 1))" zrep:master)" yes
expect_status 0 few zrep takeover tank/t
is "$(prop host1 "tank/t/d$((n - 1))" zrep:master)" yes

# Nobody is left who holds anything.
[[ -z $(pgrep -f "UZFS_SOCK=$LAB_DIR" || :) ]]
expect_status 0 zrep sync all
expect_status 0 on host2 zrep refresh all
