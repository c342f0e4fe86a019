#!/bin/bash
# A master's host whose key is bound to --role source: a backup server fetches, and changes nothing but what that takes.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"
. "$(dirname "$0")/lib-run.sh"

beside
pair
on host1 zfs create -p tank/t/x
echo deep | put host1 tank/t/x file
expect_status 0 zrep init -R tank/t host2 tank/t
before=$(outside host1)
confine host1 --under tank/a --under tank/t --role source
fetch() { on host2 zrep "$@"; }

echo 'second words' | put host1 tank/a file
expect_status 0 fetch refresh tank/a
says_not 'does not let'
same file host1 tank/a host2 tank/a
for host in host1 host2; do
	is "$(holds "$host" tank/a@zrep_000001)" zrep
	[[ $(prop "$host" tank/a@zrep_000001 zrep:sent) =~ ^[0-9]+$ ]] || fail "not marked on $host"
done
expect_status 0 fetch status
expect_status 0 zrep status
expect_status 0 fetch doctor tank/a
says_not 'does not let'

# Expiry of zrep's own, here and there.
for host in host1 host2; do on $host zfs set zrep:savecount=2 tank/a; done
for _ in 1 2 3; do
	echo "words $RANDOM" | put host1 tank/a file
	expect_status 0 fetch refresh tank/a
	says_not 'does not let'
done
is "$(snaps host1 tank/a | wc -w)" 2

# What was interrupted is resumed.
fill host1 tank/a big 8
on host2 sh -c 'timeout -s KILL 3 zrep --limit 1M refresh tank/a' || true
within 60 fetch refresh tank/a
same big host1 tank/a host2 tank/a

# A tree, and a service that stays.
on host1 zfs create tank/t/y
echo new | put host1 tank/t/y file
expect_status 0 fetch refresh tank/t
same file host1 tank/t/y host2 tank/t/y
stays host2 --pull --every 1s
told host2 'fetches'
arrives one host1 host2
arrives two host1 host2 tank/t/x
leaves host2

# What failed is told where people look.
on host2 zfs set readonly=off tank/a
echo graffiti | put host2 tank/a wall
on host2 zfs set readonly=on tank/a
echo 'fourth words' | put host1 tank/a file
expect_status 3 fetch refresh tank/a
[[ $(prop host1 tank/a zrep:error) == *changed* ]] || fail 'the master was told nothing'
expect_status 0 fetch refresh -f tank/a
same file host1 tank/a host2 tank/a

# The role does not move, and the settings are the master's.
unchanged expect_status 3 fetch takeover tank/a
says 'host1 does not let this key' '--role source'
expect_status 3 fetch refresh tank/other
is "$(outside host1)" "$before"
