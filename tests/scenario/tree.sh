#!/bin/bash
# always
# A recursive pair: what is below belongs to it, whenever it is made, renamed or destroyed.
. "$(dirname "$0")/lib.sh"

words() { echo "words of $2" | put "$1" "$2" file; }
on host1 zfs create tank/a
on host1 zfs create tank/a/b
words host1 tank/a
words host1 tank/a/b
zrep init tank/a host2 tank/a >/dev/null
expect_status 0 zrep -R sync tank/a
says 'tank/a/b -> host2:tank/a/b'
same file host1 tank/a/b host2 tank/a/b
is "$(prop host1 tank/a zrep:recursive) $(prop host2 tank/a zrep:recursive)" 'yes yes'
is "$(prop host1 tank/a/b zrep:master)" yes

# From then on by itself: a new one, with one below it, all at one moment and of one number.
on host1 zfs create tank/a/c
on host1 zfs create tank/a/c/d
on host1 zfs create -o zrep:exclude=yes tank/a/scratch
on host1 zfs create tank/a/scratch/more
for d in a a/b a/c a/c/d a/scratch; do words host1 "tank/$d"; done
unchanged expect_status 0 zrep -n sync all
says 'send tank/a/c/d@'
expect_status 0 zrep sync all
says 'tank/a/c -> host2:tank/a/c' 'tank/a/c/d -> host2:tank/a/c/d'
for d in a a/b a/c a/c/d; do same file host1 "tank/$d" host2 "tank/$d"; done
hasnt host2 tank/a/scratch || fail 'it was excluded'
is "$(for d in a a/b a/c a/c/d; do snaps host2 "tank/$d" | awk '{ print $NF }'; done | sort -u | wc -l)" 1
is "$(for d in a a/b a/c a/c/d; do prop host1 "tank/$d@$(snaps host1 "tank/$d" | awk '{ print $NF }')" createtxg; done | sort -u | wc -l)" 1
is "$(prop host2 tank/a/c/d readonly) $(holds host2 "tank/a/c/d@$(snaps host2 tank/a/c/d | awk '{ print $NF }')")" 'on zrep'
expect_status 0 zrep sync tank/a
says 'tank/a/c/d -> host2:tank/a/c/d  unchanged'

# Renamed here, it is renamed there; nothing is sent again.
guid=$(guid host2 tank/a/c/d)
on host1 zfs rename tank/a/c tank/a/e
echo more | put host1 tank/a/e/d file
expect_status 0 zrep sync all
says 'tank/a/c was renamed to tank/a/e' 'tank/a/e/d -> host2:tank/a/e/d'
is "$(guid host2 tank/a/e/d)" "$guid"
hasnt host2 tank/a/c
same file host1 tank/a/e/d host2 tank/a/e/d
is "$(prop host2 tank/a/e zrep:src-fs) $(prop host1 tank/a/e zrep:dest-fs)" 'tank/a/e tank/a/e'

# Destroyed here, it is kept there, and nobody's any more; another one of that name begins anew.
on host1 zrep -n sync tank/a >/dev/null
on host1 sh -c 'zfs list -Hrt snapshot -o name tank/a/e | xargs -d "\n" -n 1 zfs release zrep 2>/dev/null; zfs destroy -r tank/a/e; zfs list -Hd 1 -t snapshot -o name tank/a/b | xargs -d "\n" -n 1 zfs release zrep 2>/dev/null; zfs destroy -r tank/a/b; zfs create tank/a/b'
words host1 tank/a/b
expect_status 0 zrep sync all
says 'tank/a/e is gone: its copy on host2 is preserved there as tank/a/e_kept_' 'tank/a/b is another dataset now' 'tank/a/b -> host2:tank/a/b'
kept=$(on host2 zfs list -Hro name tank/a | grep '^tank/a/e_kept_[^/]*$')
is "$(get host2 "$kept/d" file)" more
is "$(on host2 zfs get -Hro value -s local,received zrep:src-fs,zrep:exclude "$kept" | paste -sd ' ')" 'yes yes'
same file host1 tank/a/b host2 tank/a/b
expect_status 0 zrep sync all
says_not gone
on host2 zfs destroy -r "$kept"

# Taken out of it later, what is there stays as it is.
on host1 zfs set zrep:exclude=yes tank/a/b
echo 'not for host2' | put host1 tank/a/b file
expect_status 0 zrep sync all
says 'tank/a/b is excluded'
is "$(get host2 tank/a/b file)" 'words of tank/a/b'
on host1 zfs inherit zrep:exclude tank/a/b
expect_status 0 zrep sync all
same file host1 tank/a/b host2 tank/a/b

# A pause is of the whole tree.
expect_status 0 zrep pause tank/a
on host1 zfs create tank/a/late
expect_status 0 zrep sync all
says '0 datasets'
hasnt host2 tank/a/late
expect_status 0 zrep unpause tank/a

# The other side can fetch it, new ones too.
expect_status 0 on host2 zrep refresh tank/a
says 'host1:tank/a/late -> tank/a/late'
expect_status 0 on host2 zrep refresh all
