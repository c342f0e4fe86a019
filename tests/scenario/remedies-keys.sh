#!/bin/bash
# What is said of keys, pasted as it is printed: it is better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

e='tank/my key'
bystand
secret() { # NAME KEY
	on host1 sh -c "echo $(hex "$2") | zfs create -o encryption=on -o keyformat=hex '$1'"
	echo secret | put host1 "$1" file
	z host1 init "$1" host2 "$1" >/dev/null
}
secret "$e" 1
z host1 sync "$e" >/dev/null

# Changed on the master: it is to be sent, and then loaded on the other side.
on host1 sh -c "echo $(hex 2) | zfs change-key '$e'"
fails 2 host1 zrep -t off check -v "$e"
remedy host1 "zrep -t off sync '$e'"
fails 3 host1 zrep -t off failover "$e"
keyed host2 "zfs load-key '$e'" "$(hex 2)"
cured host1 zrep -t off check "$e"
# The former one is loaded there.
on host1 sh -c "echo $(hex 3) | zfs change-key '$e'"
fails 3 host1 zrep -t off failover "$e"
remedy host1 "zrep -t off sync '$e'"
remedy host2 "zfs unload-key '$e'"
keyed host2 "zfs load-key '$e'" "$(hex 3)"
cured host1 zrep -t off check "$e"
on host1 sh -c "echo $(hex 4) | zfs change-key '$e'"
z host1 sync "$e" >/dev/null
fails 2 host1 zrep -t off check -v "$e"
remedy host2 "zfs unload-key '$e'"
keyed host2 "zfs load-key '$e'" "$(hex 4)"
cured host1 zrep -t off check "$e"
cured host1 zrep -t off failover "$e"
z host1 takeover "$e" >/dev/null

# Changed there, to one of its own, and to that of something there.
on host2 sh -c "echo $(hex 5) | zfs change-key '$e'"
fails 2 host1 zrep -t off check -v "$e"
remedy host1 "zrep -t off sync '$e'"
unharmed
on host1 sh -c "echo $(hex 6) | zfs create -o encryption=on -o keyformat=hex 'tank/k 1'"
on host1 zfs create 'tank/k 1/c'
echo secret | put host1 'tank/k 1/c' file
on host2 sh -c "echo $(hex 7) | zfs create -o encryption=on -o keyformat=hex 'tank/k 2'"
z host1 init 'tank/k 1/c' host2 'tank/k 2/c' >/dev/null
on host2 sh -c "echo $(hex 6) | zfs load-key 'tank/k 2/c'; zfs change-key -i 'tank/k 2/c'"
fails 3 host1 zrep -t off failover 'tank/k 1/c'
remedy host1 "zrep -t off sync 'tank/k 1/c'"
keyed host2 "zfs load-key 'tank/k 2/c'" "$(hex 6)"
cured host1 zrep -t off check 'tank/k 1/c'

# By force, without the key.
secret 'tank/k 3' 8
lab cut
fails 0 host2 zrep -t off --timeout 3 -y takeover -L 'tank/k 3'
lab join
keyed host2 "zfs load-key 'tank/k 3'" "$(hex 8)"
on host1 zrep -t off rejoin 'tank/k 3' >/dev/null
cured host2 zrep -t off sync 'tank/k 3'
