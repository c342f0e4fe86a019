#!/bin/bash
# What is said of what somebody else did between the look and the act, pasted as it is printed.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/a 1'
bystand
made "$a"
snapped() { on host2 zfs snapshot "$a@auto"; }

# A snapshot on the replica that is of no use to anybody is held just before it would go.
snapped
echo words | put host1 "$a" file
on host1 sh -c 'd=${ZREP_HOOKS:-/etc/zrep/hooks.d}; mkdir -p "$d"; cat >"$d/pre-snapshot"; chmod 755 "$d/pre-snapshot"' <<-END
	#!/bin/sh
	exec ssh host2 zfs hold backup "'$a@auto'"
END
fails 3 host1 zrep -t off sync "$a"
says 'is held (backup)'
unhook host1
remedy host2 "zfs release backup '$a@auto'"
cured host1 zrep -t off sync "$a"
