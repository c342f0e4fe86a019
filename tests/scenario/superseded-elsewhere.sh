#!/bin/bash
# needs: userspace
# A master was superseded by its replica, and that has become the replica of a third one under another tag, which has taken over the
# pair: both sides say how the first one comes back, to the one that leads.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

bystand
pair tank/a
synced
on host2 zfs create tank/far
on host1 zrep -t c init tank/a host2 tank/far/c
on host1 zrep -t c failover tank/a
echo "of the far one" | put host2 tank/far/c file
on host2 zrep -t c sync tank/far/c
on host1 zrep -t c -y takeover -L tank/a
echo "only far" | put host2 tank/far/c mine
echo "of the second" | put host1 tank/a file
expect_status 0 zrep sync tank/a
expect_status 0 on host2 zrep -y takeover -L tank/a
says 'takes over from host1 the pair with tank/far/c on host2 (tag c)'
expect_status 0 zrep rejoin tank/a

way='on host2, zrep -t c changeconfig tank/far/c host2 tank/a and zrep -t c rejoin tank/far/c'
refuses 3 on host2 zrep -t c rejoin tank/far/c
says "$way"
expect_status 3 on host2 zrep -t c sync tank/far/c
says 'was superseded: tank/a on host1 has data of epoch' "it follows tank/a on host2 now, under tag zrep" "$way"
expect_status 3 on host2 zrep -t c sync tank/a
says 'it was superseded' "$way"
expect_status 2 on host2 zrep -t c check
says "$way"
remedy host2 'zrep -t c changeconfig tank/far/c host2 tank/a'
remedy host2 'zrep -t c rejoin tank/far/c'
[[ $answer == *'tank/far/c on host2 is the replica of tank/a on host2 again'* ]] || fail "it is not back: $answer"
is "$(get host2 "$(kept host2 tank/far/c)" mine)" 'only far'
echo "for all" | put host2 tank/a file
expect_status 0 on host2 zrep sync tank/a
expect_status 0 on host2 zrep -t c sync tank/a
same file host2 tank/a host1 tank/a
same file host2 tank/a host2 tank/far/c
unharmed
