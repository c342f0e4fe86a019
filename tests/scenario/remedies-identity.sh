#!/bin/bash
# What is said of a copy, of a host that was set back to an older image, and of other names, pasted as it is printed: it is
# better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/a 1'
bystand
more() { echo "$RANDOM" | put host1 "$1" file; z host1 sync "$1" >/dev/null; } # more NAME
image() { on "$1" zpool sync; lab save "$1" "$1"; }
back() { lab restore "$1" "$1"; }
put_away() { on "$1" sh -c "zfs list -Ho name | grep _kept_ | xargs -rd '\n' -n 1 zfs destroy -r"; } # put_away HOST
made "$a"

# The master was set back: the replica goes on, or the master does.
more "$a"
image host1
more "$a"
back host1
lab save both
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zrep -t off takeover -L --force '$a'"
unharmed
on host1 zrep -t off rejoin "$a" >/dev/null
cured host2 zrep -t off sync "$a"
lab restore both
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zrep -t off rejoin '$a'"
cured host1 zrep -t off sync "$a"
put_away host2

# The replica was: the same. (Not to where zrep itself has just taken it.)
more "$a"
image host2
more "$a"
back host2
lab save both
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off changeconfig '$a' host2 '$a'"
cured host1 zrep -t off sync "$a"
lab restore both
fails 3 host2 zrep -t off refresh "$a"
remedy host2 "zrep -t off takeover -L --force '$a'"
on host1 zrep -t off rejoin "$a" >/dev/null
cured host2 zrep -t off sync "$a"
put_away host1
z host1 takeover "$a" >/dev/null

# The replica was, to before it led: nobody leads, and one of both is to.
image host2
z host1 failover "$a" >/dev/null
echo two | put host2 "$a" file
z host2 sync "$a" >/dev/null
back host2
lab save both
fails 3 host1 zrep -t off takeover "$a"
remedy host1 "zrep -t off takeover --force '$a'"
cured host1 zrep -t off sync "$a"
lab restore both
fails 3 host2 zrep -t off takeover "$a"
remedy host2 "zrep -t off takeover --force '$a'"
on host1 zrep -t off rejoin "$a" >/dev/null
cured host2 zrep -t off sync "$a"

# A copy stands where the replica was, and is to be it.
made 'tank/a 2'
more 'tank/a 2'
on host2 zfs rename 'tank/a 2' 'tank/a 2 before'
on host2 sh -c "zfs send 'tank/a 2 before@off_000001' | zfs receive -u -o readonly=on 'tank/a 2'"
on host2 zfs set off:src-host=host1 'off:src-fs=tank/a 2' off:dest-host=host2 'off:dest-fs=tank/a 2' "off:link=$(prop host2 'tank/a 2 before' off:link)" 'tank/a 2'
fails 3 host1 zrep -t off sync 'tank/a 2'
remedy host1 "zrep -t off changeconfig 'tank/a 2' host2 'tank/a 2'"
cured host1 zrep -t off sync 'tank/a 2'

# A copy of it on a third host, with all that it says: what is to be typed lets it be the replica.
lab up host3
made 'tank/a 3'
on host1 zfs snapshot 'tank/a 3@copy'
on host1 zfs send -R 'tank/a 3@copy' >"$WORK/stream"
on host3 zfs receive -u 'tank/a 3' <"$WORK/stream"
fails 3 host3 zrep -t off refresh 'tank/a 3'
remedy host3 "zrep -t off changeconfig -d 'tank/a 3' host1 'tank/a 3'"
cured host1 zrep -t off sync 'tank/a 3'
fails 3 host3 zrep -t off refresh 'tank/a 3'
remedy host1 "zrep -t off changeconfig 'tank/a 3' host3 'tank/a 3'"
answered host1
remedy host3 "zrep -t off changeconfig -d 'tank/a 3' host1 'tank/a 3'"
cured host3 zrep -t off refresh 'tank/a 3'
more 'tank/a 3'
cured host3 zrep -t off takeover 'tank/a 3'

# Below what got another name: a copy, and one that says that it is something else.
on host1 zfs create tank/m
on host2 zfs create tank/m
made 'tank/m/a 1'
on host2 zfs snapshot 'tank/m/a 1@copy'
on host2 sh -c "zfs send -p 'tank/m/a 1@copy' | zfs receive -u 'tank/m/copy'"
on host2 zfs rename tank/m tank/n
fails 3 host2 zrep -t off changeconfig -R tank/m tank/n
first=$said
remedy host1 "zrep -t off changeconfig -R host2 tank/m tank/n"
cured host1 zrep -t off sync 'tank/m/a 1'
said=$first said_on=host2
remedy host2 "zrep -t off changeconfig -d tank/n/copy host1 'tank/m/a 1'"
unharmed
made 'tank/a 4'
on host2 zfs rename 'tank/a 4' 'tank/n/a 4'
fails 3 host2 zrep -t off changeconfig -R tank/m tank/n
remedy host2 "zrep -t off changeconfig -d 'tank/n/a 4' host1 'tank/a 4'"
answered host2
remedy host1 "zrep -t off changeconfig 'tank/a 4' host2 'tank/n/a 4'"
cured host1 zrep -t off sync 'tank/a 4'

# init of what it has already, and of what it had: what sync would say.
on host1 zfs create 'tank/a 5'
z host1 init 'tank/a 5' root@host2 'tank/a 5' >/dev/null
fails 3 host1 zrep -t off init 'tank/a 5' host2 'tank/a 5'
remedy host1 "zrep -t off sync 'tank/a 5'"
unharmed
on host2 zfs rename 'tank/a 5' 'tank/a 6'
fails 3 host1 zrep -t off init 'tank/a 5' host2 'tank/a 5'
remedy host1 "zrep -t off clear 'tank/a 5'"
remedy host1 "zrep -t off init 'tank/a 5' host2 'tank/a 5'"
cured host1 zrep -t off sync 'tank/a 5'

# The host of the pairs has another name, and something that they are in as well.
on host1 zfs rename tank/m tank/o
settings host1 ZREP_SRC_HOST=nova
sed 's/^Host host1$/Host host1 nova/' "$LAB_DIR/host1/ssh_host" >"$LAB_DIR/host1/new" && mv "$LAB_DIR/host1/new" "$LAB_DIR/host1/ssh_host"
fails 0 host1 zrep -t off changeconfig -R tank/m tank/o
remedy host2 "zrep -t off changeconfig -R host1 tank/m nova tank/o"
expect_status 0 on host1 zrep -t off sync 'tank/o/a 1'
expect_status 0 on host2 zrep -t off refresh 'tank/n/a 1'
settings host1
unharmed
