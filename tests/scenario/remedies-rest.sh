#!/bin/bash
# What is said of files that others could change, of holds, limits, marks and failures that are over, pasted as it is printed:
# it is better, and nothing beside it is worse.
# needs: userspace root
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/a 1'
bystand
made "$a"
newest() { snaps "$1" "$2" | grep -o '[^ ]*$'; }

# Files of another user's: settings, a hook.
settings host1 ZREP_SAVE_COUNT=5
file=$(on host1 sh -c 'echo "${ZREP_DEFAULTS:-/etc/default/zrep}"')
on host1 chown 1000 "$file"
fails 2 host1 zrep -t off sync "$a"
remedy host1 "chown root $file"
cured host1 zrep -t off sync "$a"
settings host1
echo true | hook host1 pre-demote
file=$(on host1 sh -c 'echo "${ZREP_HOOKS:-/etc/zrep/hooks.d}/pre-demote"')
on host1 chown 1000 "$file"
fails 1 host1 zrep -t off failover "$a"
remedy host1 "chown root $file"
cured host1 zrep -t off failover "$a"
unhook host1
z host1 takeover "$a" >/dev/null

# The marks are gone: never synced, and nothing that could be given up.
on host1 sh -c "zfs list -Hd 1 -t snapshot -o name '$a' | xargs -rd '\n' zfs inherit off:sent"
on host1 sh -c "zfs list -Hd 1 -t bookmark -o name '$a' | xargs -rd '\n' -n 1 zfs destroy"
fails 1 host1 zrep -t off status -m "$a"
said_now=$said
on host1 sh -c "zfs release off '$a@$(newest host1 "$a")'"
fails 3 host1 zrep -t off expire --release "$a"
remedy host1 "zrep -t off expire -L '$a'"
said=$said_now said_on=host1
remedy host1 "zrep -t off sync '$a'"
cured host1 zrep -t off status -m "$a"

# A failure that is over: of a sync, of a refresh.
echo two | put host1 "$a" file
lab cut
fails 5 host1 zrep -t off --timeout 3 sync "$a"
lab join
fails 1 host1 zrep -t off doctor "$a"
remedy host1 "zrep -t off sync '$a'"
cured host1 zrep -t off doctor "$a"
echo three | put host1 "$a" file
lab cut
fails 5 host2 zrep -t off --timeout 3 refresh "$a"
lab join
fails 1 host2 zrep -t off doctor "$a"
remedy host2 "zrep -t off refresh '$a'"
cured host2 zrep -t off doctor "$a"

# More and more of them, that came from the master and are gone there.
for i in $(seq 31); do on host1 zfs snapshot "$a@hourly-$i"; done
echo five | put host1 "$a" file
on host1 env ZREP_INC_FLAG=-I zrep -t off sync "$a" >/dev/null
for i in $(seq 31); do echo "$a@hourly-$i"; done | on host1 xargs -d '\n' -n 1 zfs destroy
fails 1 host1 zrep -t off doctor "$a"
remedy host2 "zfs set off:foreign-keep=mirror '$a'"
cured host1 zrep -t off sync "$a"
cured host1 zrep -t off sync "$a"
hasnt host2 "$a@hourly-1"

# The replica is written to while a stream is under way.
echo six | put host1 "$a" file
lab ctl host2 arm -m 1 before wait
start zrep -t off sync "$a"
within 20 bash -c '[[ $("$1" ctl host2 armed) == fired* ]]' sh "$LAB"
on host2 zfs set readonly=off "$a"
echo of somebody | put host2 "$a" note
lab ctl host2 disarm >/dev/null
ended 1
said_on=host1
told host2 'zrep -t off sync -f DATASET'
remedy host2 "zrep -t off rejoin '$a'"
cured host1 zrep -t off sync "$a"

# A limit that is smaller than what is there.
made 'tank/b 1'
fill host1 'tank/b 1' big 8
z host1 sync 'tank/b 1' >/dev/null
for limit in refquota quota; do
	on host2 zfs set off:limits=$limit=1048576 'tank/b 1'
	lab cut
	fails 1 host2 zrep -y -t off --timeout 3 takeover -L 'tank/b 1'
	lab join
	echo small | put host2 'tank/b 1' big
	if [[ $limit == quota ]]; then
		on host2 sh -c "zfs list -Hd 1 -t snapshot -o name 'tank/b 1' | while read -r s; do zfs release off \"\$s\"; zfs destroy \"\$s\"; done; zpool sync"
	else
		on host2 zpool sync
	fi
	remedy host2 "zfs set $limit=1048576 'tank/b 1'"
	unharmed
	[[ $limit == quota ]] || {
		on host1 zrep -t off rejoin 'tank/b 1' >/dev/null
		z host1 takeover 'tank/b 1' >/dev/null
		on host1 zfs set refquota=none 'tank/b 1'
		fill host1 'tank/b 1' big 8
		z host1 sync 'tank/b 1' >/dev/null
	}
done

# Locks in a directory that nobody has made.
fails 1 host1 env ZREP_RUNDIR="$WORK/none/run" zrep -t off sync "$a"
remedy host1 "install -d -m 3770 -g root $WORK/none/run"
cured host1 env ZREP_RUNDIR="$WORK/none/run" zrep -t off sync "$a"

# What it has received in part, and of which the source cannot say what it is.
made 'tank/b 2'
for way in again without; do
	fill host1 'tank/b 2' big 12
	begin 6 zrep -t off sync 'tank/b 2'
	signal KILL
	ended 137
	within 20 idle
	on host1 sh -c 'mkdir -p ~/bin; cat >~/bin/zfs; chmod +x ~/bin/zfs' <<-'END'
		#!/bin/sh
		PATH=${PATH#*:}
		case " $* " in *" -t "*[0-9]-*) [ "$1" != send ] || { echo "cannot send: out of memory" >&2; exit 1; } ;; esac
		exec zfs "$@"
	END
	# shellcheck disable=SC2016
	fails 1 host1 sh -c 'PATH=$HOME/bin:$PATH exec zrep -t off sync "tank/b 2"'
	[[ $way == again ]] || remedy host2 "zfs receive -A 'tank/b 2'"
	cured host1 zrep -t off sync 'tank/b 2'
done
says_not 'cannot'

# What another tag holds of what was kept aside.
made 'tank/b 3'
on host1 zrep -t c init 'tank/b 3' host2 'tank/b c' >/dev/null
echo more | put host1 'tank/b 3' file
on host1 zrep -t c sync 'tank/b 3' >/dev/null
lab cut
z host2 --timeout 3 -y takeover -L 'tank/b 3' >/dev/null
lab join
fails 0 host1 zrep -t off rejoin 'tank/b 3'
kept=$(on host1 zfs list -Ho name | grep '^tank/b 3_kept_')
remedy host1 "zfs release c '$kept'@$(newest host1 "$kept")"
remedy host1 "zfs destroy -r '$kept'"
cured host2 zrep -t off sync 'tank/b 3'

# A pool without a feature, by what ZFS says.
echo seven | put host1 "$a" file
lab ctl host2 fail -m 1 95
fails 1 host1 zrep -t off sync "$a"
told host2 "zrep -t off check -v '$a'"
shows host2 'zpool get all tank'
lab ctl host2 disarm >/dev/null
cured host1 zrep -t off sync "$a"
