#!/bin/bash
# What is said where a pair is half there, or something else is in its place, pasted as it is printed: it is better, and
# nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

bystand
gone() { on "$1" sh -c 'zrep -y -t off clear "$1" >/dev/null 2>&1; zfs destroy -R "$1"' sh "$2"; } # gone HOST NAME

# The master has forgotten it: go on, or forget it here as well.
made 'tank/a 1'
on host1 zrep -y -t off clear 'tank/a 1' >/dev/null
fails 1 host2 zrep -t off doctor 'tank/a 1'
remedy host2 "zfs rename 'tank/a 1' 'tank/a 1'_before"
remedy host1 "zrep -t off init 'tank/a 1' host2 'tank/a 1'"
cured host1 zrep -t off sync 'tank/a 1'
on host1 zfs snapshot 'tank/a 1@daily'
echo two | put host1 'tank/a 1' file
on host1 env ZREP_INC_FLAG=-I zrep -t off sync 'tank/a 1'
on host1 zrep -y -t off clear 'tank/a 1' >/dev/null
fails 1 host2 zrep -t off doctor 'tank/a 1'
remedy host1 "zrep -t off init -f 'tank/a 1' host2 'tank/a 1'"
cured host1 zrep -t off sync 'tank/a 1'
on host1 zrep -y -t off clear 'tank/a 1' >/dev/null
fails 1 host2 zrep -t off doctor 'tank/a 1'
remedy host2 "zrep -t off clear 'tank/a 1'"
unharmed
is "$(prop host2 'tank/a 1' off:src-host)" -
has host2 'tank/a 1'

# Half of its properties, here and there.
made 'tank/a 2'
for host in host1 host2; do on $host zfs inherit off:dest-fs 'tank/a 2'; done
fails 1 host1 zrep -t off doctor 'tank/a 2'
remedy host1 "zrep -t off clear 'tank/a 2'"
is "$(prop host1 'tank/a 2' off:src-host)" -
unharmed

# An init that was begun, and that nobody has finished.
on host1 zfs create 'tank/a 3'
on host1 zfs set off:src-host=host1 "off:src-fs=tank/a 3" off:dest-host=host2 "off:dest-fs=tank/a 3" 'tank/a 3'
fails 1 host1 zrep -t off doctor 'tank/a 3'
remedy host1 "zrep -t off init 'tank/a 3' host2 'tank/a 3'"
cured host1 zrep -t off check 'tank/a 3'
on host1 zfs create 'tank/a 4'
on host1 zfs set off:src-host=host1 "off:src-fs=tank/a 4" off:dest-host=host2 "off:dest-fs=tank/a 4" 'tank/a 4'
fails 1 host1 zrep -t off doctor 'tank/a 4'
remedy host1 "zrep -t off clear 'tank/a 4'"
cured host1 zrep -t off init 'tank/a 4' host2 'tank/a 4'
on host1 zfs create 'tank/a 5'
on host1 zfs set off:src-host=host9 'off:src-fs=tank/other' off:dest-host=host8 'off:dest-fs=tank/a 5' 'tank/a 5'
fails 3 host1 zrep -t off init 'tank/a 5' host2 'tank/a 5'
remedy host1 "zrep -t off clear 'tank/a 5'"
cured host1 zrep -t off init 'tank/a 5' host2 'tank/a 5'

# Into what is another's replica, or was.
made 'tank/a 6'
on host1 zrep -y -t off clear 'tank/a 6' >/dev/null
on host1 zfs create 'tank/a 7'
fails 3 host1 zrep -t off init 'tank/a 7' host2 'tank/a 6'
remedy host2 "zrep -t off clear 'tank/a 6'"
unharmed
# Something with a snapshot, something encrypted, something changed.
on host1 sh -c "echo 12345678 | zfs create -o encryption=on -o keyformat=passphrase 'tank/a 8'"
on host2 zfs create 'tank/a 8'
fails 3 host1 zrep -t off init 'tank/a 8' host2 'tank/a 8'
remedy host2 "zfs destroy 'tank/a 8'"
cured host1 zrep -t off init 'tank/a 8' host2 'tank/a 8'
made 'tank/a 9'
on host1 zrep -y -t off clear 'tank/a 9' >/dev/null
on host2 zrep -y -t off clear 'tank/a 9' >/dev/null
on host1 zfs create 'tank/b 1'
echo one | put host1 'tank/b 1' file
on host1 zfs snapshot 'tank/b 1@daily'
on host1 zfs send 'tank/b 1@daily' >"$WORK/stream"
on host2 zfs receive -u 'tank/b 1' <"$WORK/stream"
on host2 zfs snapshot 'tank/b 1@theirs'
echo two | put host2 'tank/b 1' theirs
fails 3 host1 zrep -t off init 'tank/b 1' host2 'tank/b 1'
remedy host1 "zrep -t off init -f 'tank/b 1' host2 'tank/b 1'"
cured host1 zrep -t off sync 'tank/b 1'

# A copy that somebody brought.
on host1 zfs create 'tank/b 2'
echo one | put host1 'tank/b 2' file
on host1 zfs snapshot 'tank/b 2@moved'
fails 3 host1 zrep -t off sentsync 'tank/b 2@moved'
told host1 "zrep -t off changeconfig -f 'tank/b 2' HOST DATASET"
expect_status 0 on host1 zrep -t off changeconfig -f 'tank/b 2' host2 'tank/b 2'
said_on=host1
on host1 zfs send 'tank/b 2@moved' >"$WORK/stream"
on host2 zfs receive -u 'tank/b 2' <"$WORK/stream"
on host2 zfs set readonly=off 'tank/b 2'
echo of somebody | put host2 'tank/b 2' note
fails 3 host1 zrep -t off sentsync 'tank/b 2@moved'
remedy host2 "zfs rollback -r 'tank/b 2'@moved"
cured host1 zrep -t off sentsync 'tank/b 2@moved'
cured host1 zrep -t off check 'tank/b 2'
fails 3 host2 zrep -t off sentsync 'tank/b 2@moved'
remedy host1 "zrep -t off sentsync 'tank/b 2'@moved"
on host1 zfs create 'tank/b 3'
on host1 zfs snapshot 'tank/b 3@moved'
expect_status 0 on host1 zrep -t off changeconfig -f 'tank/b 3' host2 'tank/b 3'
fails 3 host1 zrep -t off sentsync 'tank/b 3@moved'
remedy host1 "zrep -t off clear 'tank/b 3'"
remedy host1 "zrep -t off init 'tank/b 3' host2 'tank/b 3'"
cured host1 zrep -t off check 'tank/b 3'

# changeconfig by the wrong end, and what it says of a replica that can be written to.
made 'tank/b 4'
fails 3 host1 zrep -t off changeconfig -d 'tank/b 4' host2 'tank/b 4'
remedy host1 "zrep -t off failover 'tank/b 4'"
unharmed
fails 3 host1 zrep -t off changeconfig 'tank/b 4' host2 'tank/b 4'
remedy host1 "zrep -t off takeover 'tank/b 4'"
cured host1 zrep -t off sync 'tank/b 4'
on host2 zfs create 'tank/b 5'
fails 0 host2 zrep -t off changeconfig -f -d 'tank/b 5' host1 'tank/b 9'
remedy host2 "zfs set readonly=on 'tank/b 5'"
unharmed

# The other side is gone, or is called otherwise, when the role is to move.
made 'tank/b 6'
on host2 zfs rename 'tank/b 6' 'tank/b 6 new'
fails 3 host1 zrep -t off failover 'tank/b 6'
remedy host1 "zrep -t off changeconfig 'tank/b 6' host2 'tank/b 6 new'"
answered host1
remedy host2 "zrep -t off changeconfig -d 'tank/b 6 new' host1 'tank/b 6'"
cured host1 zrep -t off failover 'tank/b 6'
on host1 sh -c "zfs list -Hrt snapshot -o name 'tank/b 6' | while read -r s; do zfs release off \"\$s\"; done; zfs destroy -r 'tank/b 6'" 2>/dev/null || true
made 'tank/b 7'
on host1 sh -c "zfs rename 'tank/b 7' 'tank/b 7 away' && zrep -y -t off clear -f 'tank/b 7 away'"
fails 3 host2 zrep -t off takeover 'tank/b 7'
remedy host2 "zrep -t off takeover -L 'tank/b 7'"
is "$(prop host2 'tank/b 7' readonly)" off
unharmed

# A tree: a child that cannot go.
on host1 zfs create 'tank/the t'
on host1 zfs create 'tank/the t/x'
z host1 init -R 'tank/the t' host2 'tank/the t' >/dev/null
on host2 zfs create -o readonly=off 'tank/the t/in it'
echo mine | put host2 'tank/the t/in it' file
on host2 zfs snapshot 'tank/the t/in it@keep'
on host1 zfs create 'tank/the t/in it'
fails 3 host1 zrep -t off sync 'tank/the t'
fails 1 host1 zrep -t off doctor 'tank/the t'
remedy host1 "zfs set off:exclude=yes 'tank/the t/in it'"
cured host1 zrep -t off sync 'tank/the t'
on host1 zfs inherit off:exclude 'tank/the t/in it'
fails 3 host1 zrep -t off sync 'tank/the t'
remedy host2 "zfs rename 'tank/the t/in it' 'tank/the t/in it'_moved"
cured host1 zrep -t off sync 'tank/the t'
