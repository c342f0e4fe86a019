#!/bin/bash
# A clone has a replica as any other dataset; where what it was cloned from is not there, a whole one.
. "$(dirname "$0")/lib.sh"

origin() { is "$(prop host1 tank/c origin)" tank/a@mine; }
pair
on host1 zfs snapshot tank/a@mine
on host1 zfs clone tank/a@mine tank/c
echo "of the clone" | put host1 tank/c file
expect_status 0 zrep init tank/c host2 tank/c
is "$(prop host2 tank/c origin)" -
for host in host1 host2; do on $host zfs set zrep:savecount=2 tank/a tank/c; done
for i in 1 2 3; do
	echo "turn $i" | put host1 tank/c file
	synced tank/c
done
is "$(snaps host1 tank/c)" 'zrep_000002 zrep_000003'
origin

# A clone of a snapshot that the other side has is a clone there as well. That snapshot stays as long as the clone is
# there, and stands in nobody's way.
on host1 zfs clone tank/a@zrep_000000 tank/d
expect_status 0 zrep init tank/d host2 tank/d
for i in 1 2 3; do
	echo "turn $i" | put host1 tank/a file
	synced
done
has host1 tank/a@zrep_000000
has host2 tank/a@zrep_000000
is "$(prop host2 tank/d origin)" tank/a@zrep_000000
is "$(prop host1 tank/d origin)" tank/a@zrep_000000

expect_status 0 zrep failover tank/c
leads host2 tank/c
expect_status 0 zrep takeover tank/c
leads host1 tank/c
origin

# The way back of one that has lost: what it was a clone of, it still is, and nothing else is promoted.
whole=$(on host1 zfs list -Hrt snapshot -o name,guid tank/a)
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/c
lab join
echo "not sent" | put host1 tank/c file
on host1 zfs snapshot tank/c@not-sent
expect_status 0 zrep rejoin tank/c
is "$(get host1 "$(kept host1 tank/c)" file)" 'not sent'
is "$(on host1 zfs list -Hrt snapshot -o name,guid tank/a)" "$whole"
leads host2 tank/c
origin

# The same of a replica that is a clone.
whole2=$(on host2 zfs list -Hrt snapshot -o name,guid tank/a)
expect_status 0 zrep failover tank/d
lab cut
expect_status 0 zrep -y takeover -L tank/d
lab join
echo "not sent" | put host2 tank/d file
expect_status 0 on host2 zrep rejoin tank/d
is "$(on host2 zfs list -Hrt snapshot -o name,guid tank/a)" "$whole2"
is "$(prop host2 tank/d origin)" tank/a@zrep_000000
leads host1 tank/d

# The same, killed after each of the steps that change what is a clone of what.
on host2 zrep failover tank/c >/dev/null
fired=
for n in {5..8}; do
	[[ $LAB_KIND == userspace ]] || break
	lab cut
	on host2 zrep -y takeover -L tank/c >/dev/null
	lab join
	echo "not sent either" | put host1 tank/c file
	lab ctl host1 arm -m "$n" after zrep
	on host1 zrep rejoin tank/c >/dev/null 2>&1 || true
	fired+=$(lab ctl host1 armed)$'\n'
	lab ctl host1 disarm >/dev/null
	expect_status 0 zrep rejoin tank/c
	is "$(on host1 zfs list -Hrt snapshot -o name,guid tank/a)" "$whole"
	origin
	on host2 zrep failover tank/c >/dev/null
done
echo "$fired"
for step in RENAME CLONE PROMOTE; do
	[[ $LAB_KIND != userspace || $fired == *"fired after $step "* ]] || fail "never killed after $step"
done
leads host1 tank/c
