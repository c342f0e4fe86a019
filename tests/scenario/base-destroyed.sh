#!/bin/bash
# The snapshot that both sides had in common is gone from one of them, and so are its bookmarks.
. "$(dirname "$0")/lib.sh"

unmark() { on "$1" sh -c "zfs list -Hd 1 -t bookmark -o name $2 | xargs -rn 1 zfs destroy"; }

pair
for i in 1 2; do echo $i | put host1 tank/a file; synced; done
on host1 zfs snapshot tank/a@foreign
synced

# On the master: the replica goes back to an older one, if somebody says that it may.
on host1 sh -c 'zfs release zrep tank/a@zrep_000003; zfs destroy tank/a@zrep_000003'
unmark host1 tank/a
echo 3 | put host1 tank/a file
refuses 3 zrep sync tank/a
says 'tank/a on host2' '@zrep_000003' 'zrep sync -f tank/a'
expect_status 0 zrep sync -f tank/a
synced

# On the replica: an older one does as well.
on host2 sh -c 'zfs release zrep tank/a@zrep_000004; zfs destroy tank/a@zrep_000004; zfs rollback -r tank/a@foreign'
echo 4 | put host1 tank/a file
synced

# None is left.
on host1 sh -c 'zfs list -Hd 1 -t snapshot -o name tank/a | while read -r s; do zfs release zrep "$s" 2>/dev/null; zfs destroy "$s"; done'
unmark host1 tank/a
on host1 zfs snapshot tank/a@zrep_000005
echo 5 | put host1 tank/a file
refuses 3 zrep sync tank/a
says 'tank/a on host1 and tank/a on host2 have no snapshot in common' 'kept as they are' 'zrep clear'

# The other way round; and a snapshot of the same name proves nothing.
pair tank/b
on host2 sh -c 'zfs release zrep tank/b@zrep_000000; zfs destroy tank/b@zrep_000000; zfs snapshot tank/b@zrep_000000'
echo 2 | put host1 tank/b file
refuses 3 zrep sync tank/b
says 'no snapshot in common'
refuses 3 zrep sync -f tank/b
