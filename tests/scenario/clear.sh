#!/bin/bash
# `clear` removes what is zrep's from one dataset on one host, and nothing else.
. "$(dirname "$0")/lib.sh"

pair
pair tank/b
on host1 zfs set org.example:note=keep tank/a
on host1 zfs snapshot tank/a@mine
on host1 zfs snapshot tank/a@zrep_is_not_this
on host1 zfs hold zrep2 tank/a@mine
echo more | put host1 tank/a file
synced
on host1 zfs hold backup tank/a@zrep_000000
on host1 zfs create tank/a/child
on host1 zfs snapshot tank/a/child@zrep_000000
state host2 >"$WORK/host2"

# Nobody to ask: not without -f or -y.
refuses 3 zrep clear tank/a
says 'tank/a on host1' 'no terminal'

expect_status 0 zrep clear -f tank/a
says 'tank/a@zrep_000000 on host1 stays'
is "$(snaps host1 tank/a)" 'zrep_000000 mine zrep_is_not_this'
is "$(holds host1 tank/a@mine)" zrep2
is "$(holds host1 tank/a@zrep_000000)" backup
on host1 zfs get -Hs local,received -o property all tank/a >"$WORK/properties"
! grep ^zrep: "$WORK/properties" || fail 'some properties were left'
is "$(prop host1 tank/a org.example:note)" keep
has host1 tank/a/child@zrep_000000
is "$(prop host1 tank/b zrep:master)" yes
diff "$WORK/host2" <(state host2)

is "$(zrep clear -f --json tank/a | jq -c .datasets)" '{"tank/a":{"status":"cleared","exit":0}}'

refuses 3 zrep sync tank/a
says 'tank/a on host1 is not replicated by zrep' 'zrep init'

# The replica's host is told what can be done about it.
for cmd in 'takeover tank/a' 'check tank/a'; do
	# shellcheck disable=SC2086
	expect_status "$([[ $cmd == check* ]] && echo 2 || echo 3)" on host2 zrep $cmd
	says 'tank/a on host1 is not replicated by zrep' 'on host2, zrep doctor tank/a'
	says_not 'zrep list'
done
expect_status 1 on host2 zrep doctor tank/a
says 'to replicate it again: ' 'zrep clear tank/a'

# What is no part of the pair stays, so that a tree above goes on leaving it out. What was chosen for the pair is told.
on host1 zfs create tank/t
on host1 zfs create tank/t/out
expect_status 0 zrep init tank/t/out host2 tank/out
on host1 zfs set zrep:exclude=yes zrep:rpo=15m 'zrep:keep=24h 7d' tank/t/out
expect_status 0 zrep clear -f tank/t/out
says 'zrep:exclude of tank/t/out on host1 stays' 'zfs inherit zrep:exclude tank/t/out' zrep:rpo=15m "'zrep:keep=24h 7d'"
is "$(prop host1 tank/t/out zrep:exclude) $(prop host1 tank/t/out zrep:rpo)" 'yes -'
expect_status 0 zrep init -R tank/t host2 tank/t
! has host2 tank/t/out || fail 'it was taken into the tree above'
# Of a tree that is cleared, what is excluded stays so.
expect_status 0 zrep clear -f tank/t
is "$(prop host1 tank/t/out zrep:exclude)" yes
