#!/bin/bash
# The replica's host is set back to an older image, and then the master gives its role up. Whoever has more is the one to lead, also
# when the operator has said that what was set back is the pair's other end: its takeover is refused, naming the other one.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

pair
lab save old host2
echo two | put host1 tank/a two
synced
lab restore old host2
expect_status 0 on host1 zrep -y failover -L tank/a
fails 3 host2 zrep takeover tank/a
says 'set back'
expect_status 0 on host1 zrep changeconfig -d tank/a host2 tank/a
unchanged fails 3 host2 zrep takeover tank/a
says 'nobody leads, and tank/a on host1 has' 'that tank/a on host2 does not have'
unchanged fails 2 host2 zrep check tank/a
says 'nobody leads, and tank/a on host1 has'
unchanged fails 3 host1 zrep failover tank/a
says 'nobody leads'
unchanged fails 1 host2 zrep doctor tank/a
says 'make the one that has more the master: on host1, zrep takeover tank/a'
lab save both host1 host2

fails 3 host2 zrep takeover tank/a
remedy host1 'zrep takeover tank/a'
fails 3 host1 zrep sync tank/a
remedy host1 'zrep changeconfig tank/a host2 tank/a'
expect_status 0 on host1 zrep sync tank/a
same two host1 tank/a host2 tank/a

# By the operator's word the older one leads, and what only the other one has is kept.
lab restore both host1 host2
fails 3 host2 zrep takeover tank/a
remedy host2 'zrep takeover --force tank/a'
fails 3 host2 zrep sync tank/a
remedy host1 'zrep rejoin tank/a'
expect_status 0 on host2 zrep sync tank/a
is "$(get host1 "$(kept host1)" two)" two
