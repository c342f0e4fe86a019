#!/bin/bash
# Which side may send is what the properties say, all of them together.
. "$(dirname "$0")/lib.sh"

pair
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host2 is a replica' 'zrep sync tank/a'
on host1 zfs create tank/plain
refuses 3 zrep sync tank/plain
says 'tank/plain on host1 is not replicated by zrep' 'zrep init tank/plain'

# The dataset was renamed, or cloned with its properties.
on host1 zfs rename tank/a tank/b
refuses 3 zrep sync tank/b
says 'tank/b on host1' 'do not fit' 'zrep changeconfig tank/b host2 tank/a'
on host1 zfs rename tank/b tank/a

# The destination was renamed; and is gone.
on host2 zfs rename tank/a tank/b
refuses 3 zrep sync tank/a
says 'the destination tank/a on host2 does not exist' 'zrep changeconfig tank/a host2 tank/b'
on host2 zfs rename tank/b tank/a

# A replica that believes to be a master: split brain, touched by neither.
on host2 zfs set zrep:master=yes tank/a
unchanged expect_status 3 on host2 zrep sync tank/a
echo more | put host1 tank/a file
refuses 3 zrep sync tank/a
says 'tank/a on host1' 'tank/a on host2' 'master'
on host2 zfs set zrep:epoch=1 tank/a
refuses 3 zrep sync tank/a
says 'superseded' 'epoch 1'
on host2 zfs inherit zrep:epoch tank/a
on host2 zfs inherit zrep:master tank/a

# Inherited properties make no child a pair; a master's copy is none.
on host1 zfs create tank/a/child
refuses 3 zrep sync tank/a/child
says 'tank/a/child on host1 is not replicated'
expect_status 0 zrep sync all
says '1 dataset: 1 sent'
on host1 sh -c 'zfs snapshot tank/a@p && zfs send -p tank/a@p | zfs receive -u tank/stray'
refuses 3 zrep sync tank/stray
expect_status 0 zrep sync all
says '1 dataset:'

# But one restored to its place, its properties received with it, is not left out silently.
on host1 sh -c 'zfs release zrep tank/a@zrep_000002 && zfs destroy -R tank/a && zfs rename tank/stray tank/a'
expect_status 3 zrep sync all
says 'tank/a on host1' 'zfs set zrep:master=yes tank/a'
on host1 zfs set zrep:master=yes tank/a
echo "after all that" | put host1 tank/a file
refuses 3 zrep sync -f tank/a # a copy in its place
says 'on host2, zrep changeconfig -d tank/a host1 tank/a'
expect_status 0 on host2 zrep changeconfig -d tank/a host1 tank/a
expect_status 0 zrep sync -f tank/a
same file host1 tank/a host2 tank/a
