#!/bin/bash
# More of what is said of keys: of those that come from above, of clones, and of what came half, pasted as it is printed: it is
# better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

bystand
# key HOST NAME FORMAT KEY: a dataset with one. again HOST NAME KEY: it gets another passphrase.
key() {
	local iters=''
	[[ $3 != passphrase ]] || iters='-o pbkdf2iters=100000'
	on "$1" sh -c "echo $4 | zfs create -o encryption=on -o keyformat=$3 $iters '$2'"
}
again() { on "$1" sh -c "printf '$3\n$3\n' | zfs change-key -o pbkdf2iters=100000 '$2'"; }
load() { on "$1" sh -c "echo $3 | zfs load-key '$2'"; } # load HOST NAME KEY
# by_hand NAME: a copy that somebody else has brought to host2, with a key of its own as a stream brings it, becomes a replica.
by_hand() {
	on host1 sh -c 'zfs snapshot "$1@seed" && zfs send -w "$1@seed"' sh "$1" >"$WORK/seed"
	on host2 zfs receive -u "$1" <"$WORK/seed"
	z host1 init "$1" host2 "$1" >/dev/null
	uses host2 "$1" "$1"
}
uses() { is "$(prop "$1" "$2" encryptionroot)" "$3"; } # uses HOST NAME WHOSE

# On each side below something with a key of its own: it has to be loaded by itself.
key host1 'tank/k 1' hex "$(hex 1)"
on host1 zfs create 'tank/k 1/c'
echo secret | put host1 'tank/k 1/c' file
key host2 'tank/k 2' hex "$(hex 2)"
z host1 init 'tank/k 1/c' host2 'tank/k 2/c' >/dev/null
fails 2 host1 zrep -t off check -v 'tank/k 1/c'
keyed host2 "zfs load-key 'tank/k 2/c'" "$(hex 1)"
cured host1 zrep -t off check 'tank/k 1/c'

# Of a tree, and did not come with it: the next sync lets it inherit.
key host1 'tank/t 1' passphrase first-phrase
on host1 zfs create 'tank/t 1/b'
echo secret | put host1 'tank/t 1/b' file
z host1 init 'tank/t 1' host2 'tank/t 1' >/dev/null
on host1 zfs set off:recursive=on 'tank/t 1'
load host2 'tank/t 1' first-phrase
by_hand 'tank/t 1/b'
fails 1 host1 zrep -t off check 'tank/t 1'
told host1 "zrep -t off sync all" # of which the rest is none of this
z host1 sync 'tank/t 1' >/dev/null
cured host1 zrep -t off check 'tank/t 1'
uses host2 'tank/t 1/b' 'tank/t 1'
on host2 sh -c "zfs unload-key 'tank/t 1'"

# The same, loaded too early: it is to be unloaded, and then it inherits.
on host1 zfs create 'tank/t 1/c'
echo secret | put host1 'tank/t 1/c' file
by_hand 'tank/t 1/c'
for ds in 'tank/t 1' 'tank/t 1/c'; do load host2 "$ds" first-phrase; done
fails 0 host1 zrep -t off check -v 'tank/t 1'
remedy host2 "zfs unload-key 'tank/t 1/c'"
cured host1 zrep -t off sync 'tank/t 1'
uses host2 'tank/t 1/c' 'tank/t 1'
# The same, in the middle of the sync that would let it inherit.
on host1 zfs create 'tank/t 1/d'
by_hand 'tank/t 1/d'
echo more | put host1 'tank/t 1/d' file
lab ctl host2 arm -c RECV_NEW 1 before wait
start zrep -t off sync 'tank/t 1'
within 20 bash -c '[[ $("$1" ctl host2 armed) == fired* ]]' sh "$LAB"
load host2 'tank/t 1/d' first-phrase
lab ctl host2 disarm >/dev/null
ended 0 # what was sent has arrived, and that its key is its own is told
said_on=host1
remedy host2 "zfs unload-key 'tank/t 1/d'"
cured host1 zrep -t off sync 'tank/t 1'
uses host2 'tank/t 1/d' 'tank/t 1'

# Half of a tree has got another key: the rest is to be sent, or all of it.
again host1 'tank/t 1' second-phrase
z host1 sync 'tank/t 1/c' >/dev/null
fails 2 host2 zrep -t off status -m 'tank/t 1/c'
remedy host1 "zrep -t off sync 'tank/t 1/c'"
cured host1 zrep -t off sync 'tank/t 1'
key host1 'tank/h 1' hex "$(hex 3)"
on host1 zfs create 'tank/h 1/c'
z host1 init -R 'tank/h 1' host2 'tank/h 1' >/dev/null
z host1 sync 'tank/h 1' >/dev/null
on host1 sh -c "echo $(hex 4) | zfs change-key 'tank/h 1'"
z host1 sync 'tank/h 1/c' >/dev/null
load host2 'tank/h 1' "$(hex 3)"
fails 2 host2 zrep -t off status -m 'tank/h 1/c'
remedy host1 'zrep -t off sync all' # the other pair of this tag as well: when it was synced last is another time now
beside >"$WORK/beside"
cured host1 zrep -t off sync 'tank/h 1'

# The same, and the other side took over, by a user who may not give it a key of its own.
key host1 'tank/t 2' passphrase first-phrase
on host1 zfs create 'tank/t 2/c'
echo secret | put host1 'tank/t 2/c' file
z host1 init -R 'tank/t 2' host2 'tank/t 2' >/dev/null
z host1 sync 'tank/t 2' >/dev/null
again host1 'tank/t 2' second-phrase
z host1 sync 'tank/t 2/c' >/dev/null
lab kill host1
on host2 zfs allow -u 1000 create,destroy,hold,mount,receive,release,rollback,send,snapshot,userprop,readonly tank
on host2 env "${user[@]}" zrep -y -t off --timeout 3 takeover -L 'tank/t 2' || true
fails 2 host2 zrep -t off status -m 'tank/t 2/c'
told host2 "zrep -t off doctor --fix 'tank/t 2/c'"
lab start host1
fails 1 host2 zrep -t off doctor 'tank/t 2/c'
told host2 "zrep -t off doctor --fix 'tank/t 2/c'"
first=$said
on host2 zrep -t off doctor --fix 'tank/t 2/c' || true
uses host2 'tank/t 2/c' 'tank/t 2/c'
said=$first said_on=host2
keyed host2 "zfs load-key 'tank/t 2/c'" second-phrase
is "$(get host2 'tank/t 2/c' file)" secret
on host2 zfs unallow -u 1000 tank
unharmed

# It comes back, without what only it has: its key is to be loaded anew.
key host1 'tank/k 3' passphrase first-phrase
echo secret | put host1 'tank/k 3' file
z host1 init 'tank/k 3' host2 'tank/k 3' >/dev/null
load host2 'tank/k 3' first-phrase
lab cut
z host2 --timeout 3 -y takeover -L 'tank/k 3' >/dev/null
lab join
echo only here | put host1 'tank/k 3' file
fails 0 host1 zrep -t off rejoin 'tank/k 3'
keyed host1 "zfs load-key 'tank/k 3'" first-phrase
cured host2 zrep -t off sync 'tank/k 3'
cured host2 zrep -t off check 'tank/k 3'

# A key of its own where it used one from above, with a clone in the way, and something below.
d='tank/e 1/d'
key host1 'tank/e 1' passphrase first-phrase
for ds in "$d" "$d/l"; do on host1 zfs create "$ds"; done
echo 'of l' | put host1 "$d/l" file
z host1 init "$d" host2 'tank/d 1' >/dev/null
load host2 'tank/d 1' first-phrase
z host1 failover "$d" >/dev/null
again host2 'tank/d 1' second-phrase
on host1 sh -c "zfs create 'tank/e 1/x'; zfs snapshot 'tank/e 1/x@s'; zfs clone 'tank/e 1/x@s' '$d/clone'"
fails 3 host2 zrep -t off sync 'tank/d 1'
says "on host1: zfs rename '$d/clone' to a name that is not below $d"
on host1 zfs rename "$d/clone" 'tank/e 1/clone'
fails 0 host2 zrep -t off sync 'tank/d 1'
lab kill host1
lab start host1
keyed host1 "zfs load-key '$d/l'" first-phrase
is "$(get host1 "$d/l" file)" 'of l'
load host1 "$d" second-phrase
cured host2 zrep -t off check 'tank/d 1'

# Renamed out of what it had its key from: there it is to get one of its own first.
on host1 zfs create 'tank/t 3'
key host1 'tank/t 3/e' passphrase first-phrase
on host1 zfs create 'tank/t 3/e/c'
z host1 init -R 'tank/t 3' host2 'tank/t 3' >/dev/null
z host1 sync 'tank/t 3' >/dev/null
uses host2 'tank/t 3/e/c' 'tank/t 3/e'
on host1 sh -c "printf 'own-phrase\nown-phrase\n' | zfs change-key -o keyformat=passphrase -o pbkdf2iters=100000 'tank/t 3/e/c'"
on host1 zfs rename 'tank/t 3/e/c' 'tank/t 3/c'
fails 1 host1 zrep -t off sync 'tank/t 3'
load host2 'tank/t 3/e' first-phrase
keyed host2 "zfs change-key -o keyformat=passphrase 'tank/t 3/e/c'" any-phrase
cured host1 zrep -t off sync 'tank/t 3'
