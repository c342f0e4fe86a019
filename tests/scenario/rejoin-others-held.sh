#!/bin/bash
# A star, A to B and A to C, whose second pair is younger than the last sync of the first. B leads by force; A comes back from
# before all that it has in common with C: that is told, and what it keeps of that can be destroyed with the words that are
# printed.
. "$(dirname "$0")/lib-set.sh"

pair
c host1 init tank/a host3 tank/a >/dev/null
write host1 'words A'
expect_status 0 c host1 sync tank/a
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
write host2 'words B'
lab start host1
expect_status 0 zrep rejoin tank/a
says 'tag c: all that tank/a on host1 has in common with tank/a on host3 is newer than @zrep_000000' 'has to be made anew'
kept=$(kept host1)
says "when nobody needs them any more: zfs release c $kept@c_000001; zfs destroy -r $kept"
is "$(get host1 "$kept" file)" 'words A'
on host1 zfs release c "$kept@c_000001"
on host1 zfs destroy -r "$kept"
hasnt host1 "$kept"
expect_status 0 on host2 zrep sync tank/a
same file host1 tank/a host2 tank/a
refuses 3 c host1 sync tank/a
says 'no snapshot'
