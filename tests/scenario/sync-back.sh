#!/bin/bash
# The other side goes back to a snapshot that both have; this side keeps everything, and is paused.
. "$(dirname "$0")/lib.sh"

pair
for n in 1 2 3; do
	echo "words $n" | put host1 tank/a file
	zrep sync tank/a >/dev/null
done
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001 zrep_000002 zrep_000003'

refuses 3 zrep sync tank/a@zrep_000001
says 'goes back to @zrep_000001' '@zrep_000002, @zrep_000003' 'say -y'
unchanged expect_status 0 zrep -n sync tank/a@zrep_000001
says 'roll back to tank/a@zrep_000001'
expect_status 2 zrep sync tank/a@zrep_000001 tank/b
refuses 3 zrep -y sync tank/a@nothing
says 'has no snapshot @nothing'
refuses 3 on host2 zrep -y sync tank/a@zrep_000001
says 'is a replica'

expect_status 0 zrep -y sync tank/a@zrep_000001
says 'goes back to @zrep_000001' 'is paused' 'zrep unpause tank/a'
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001'
is "$(snaps host1 tank/a)" 'zrep_000000 zrep_000001 zrep_000002 zrep_000003'
is "$(get host2 tank/a file)" 'words 1'
is "$(get host1 tank/a file)" 'words 3'
is "$(prop host1 tank/a@zrep_000003 zrep:sent)" -
is "$(holds host1 tank/a@zrep_000001) $(holds host2 tank/a@zrep_000001) $(holds host1 tank/a@zrep_000003)" 'zrep zrep '
expect_status 0 zrep status tank/a
says paused
expect_status 0 zrep sync all
says 'is paused'
is "$(get host2 tank/a file)" 'words 1'

# The same again changes nothing more; a sync brings everything back.
expect_status 0 zrep -y sync tank/a@zrep_000001
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001'
zrep unpause tank/a
synced
is "$(get host2 tank/a file)" 'words 3'
is "$(snaps host2 tank/a)" 'zrep_000000 zrep_000001 zrep_000002 zrep_000003'

# What somebody holds there stays.
on host2 zfs hold mine tank/a@zrep_000003
refuses 3 zrep -y sync tank/a@zrep_000001
says 'is held, and not by zrep'
on host2 zfs release mine tank/a@zrep_000003

# The role can still be taken at the older state.
expect_status 0 zrep -y sync tank/a@zrep_000002
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
is "$(get host2 tank/a file)" 'words 2'
