#!/bin/bash
# A star, A to B (tag b) and A to C (tag c), of which B knows C, and C does not know B. Both are forced to lead, of one epoch; A follows
# B, and then the operator chooses C. From then on C is ahead: B has one way back, and none of C's ways undoes what was chosen.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=b

lab up host3
t() { on "$1" zrep -t "$2" "${@:3}"; } # t HOST TAG VERB...
on host1 zfs create tank/a
echo one | put host1 tank/a file
t host1 c init tank/a host3 tank/a
t host1 b init tank/a host2 tank/a
for tag in b c b c; do
	t host1 $tag sync tank/a >/dev/null
done
on host3 zfs inherit c:others tank/a # as where an older zrep has synced last
is "$(prop host2 tank/a b:others | grep -c host3) $(prop host3 tank/a c:others)" '1 -'

lab kill host1
lab kill host3
expect_status 0 t host2 b -y takeover -L tank/a
echo of b | put host2 tank/a file
lab start host3
lab kill host2
expect_status 0 t host3 c -y takeover -L tank/a
echo of c | put host3 tank/a file
lab start host2
lab start host1

expect_status 0 t host1 b rejoin tank/a
expect_status 0 t host2 b sync tank/a
is "$(prop host2 tank/a b:epoch) $(prop host3 tank/a c:epoch) $(prop host1 tank/a c:src-fs)" '101 101 -'
expect_status 0 t host3 c -n rejoin tank/a
says 'set tank/a c:epoch=103'
expect_status 0 t host3 c rejoin tank/a
is "$(prop host3 tank/a c:epoch) $(prop host1 tank/a c:src-host)" '103 host3'
is "$(get host1 tank/a file)" 'of c'

# B is superseded, whoever meets it.
expect_status 0 t host3 c sync tank/a
fails 3 host2 zrep -t c sync tank/a
says 'superseded'
says_not '--force' 'split brain'
remedy host2 'zrep -t b rejoin tank/a'
expect_status 0 t host1 b sync tank/a
for host in host1 host2 host3; do
	is "$(prop $host tank/a readonly) $(get $host tank/a file)" "$([[ $host == host3 ]] && echo off || echo on) of c"
done
