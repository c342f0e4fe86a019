#!/bin/bash
# A backup server's key is bound to --role replica: what is sent arrives, is resumed and expires; nobody destroys, rolls back, or
# moves the role from there. With --append-only, what expires is its own affair.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"

beside
before=$(outside host2)
on host2 zfs create -o mountpoint=none tank/those
confine host2 --under tank/those --role replica
on host1 zfs create -o compression=lz4 -o quota=1G tank/a
echo "first words" | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/those/a
says_not 'does not let'
same file host1 tank/a host2 tank/those/a

sends() {
	echo "words, $RANDOM" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	says_not 'does not let'
	same file host1 tank/a host2 tank/those/a
}
on host2 zfs set zrep:savecount=2 tank/those/a
for _ in 1 2 3; do sends; done
is "$(snaps host2 tank/those/a | wc -w)" 2
expect_status 0 zrep status tank/a
expect_status 0 on host2 zrep status
expect_status 0 zrep doctor tank/a
says_not 'does not let'
expect_status 0 zrep expire tank/a
on host1 zfs set atime=off tank/a
sends
is "$(prop host2 tank/those/a atime)" off

# A tree, and what is new in it; a volume; a resumed transfer.
on host1 zfs create -p tank/t/x
echo deep | put host1 tank/t/x file
expect_status 0 zrep init -R tank/t host2 tank/those/t
on host1 zfs create tank/t/y
echo new | put host1 tank/t/y file
expect_status 0 zrep sync tank/t
same file host1 tank/t/y host2 tank/those/t/y

fill host1 tank/a big 12
on host1 sh -c 'timeout -s KILL 4 zrep --limit 1M sync tank/a' || true
has_token() { [[ $(prop host2 tank/those/a receive_resume_token) != - ]]; }
within 30 has_token
expect_status 0 zrep -v sync tank/a
same big host1 tank/a host2 tank/those/a

# The role does not move, and nothing is begun.
unchanged expect_status 3 zrep failover tank/a
says 'host2 does not let this key move the role' '--role replica' authorized_keys

# Somebody wrote to the replica: that is his own affair.
on host2 zfs set readonly=off tank/those/a
echo graffiti | put host2 tank/those/a wall
on host2 zfs set readonly=on tank/those/a
echo more | put host1 tank/a file
refuses 3 zrep sync tank/a
refuses 3 zrep sync -f tank/a
says 'host2 does not let this key roll back what is there'
on host2 zfs rollback "tank/those/a@$(on host2 zfs list -Hd 1 -t snapshot -o name -s createtxg tank/those/a | tail -n 1 | sed 's/.*@//')"
sends

# What is not zrep's stays.
on host2 zfs snapshot tank/those/a@theirs
echo more | put host1 tank/a file
refuses 3 zrep sync tank/a
has host2 tank/those/a@theirs
on host2 zfs destroy tank/those/a@theirs
sends

# Where it is mounted is for its own host to say.
on host1 zfs create tank/m
expect_status 3 zrep init -o mountpoint=/srv tank/m host2 tank/those/m
says 'mountpoint=/srv' 'it is for this host to say'
expect_status 0 zrep init tank/m host2 tank/those/m

# The replica takes over by itself, and what was its master has no more to say there.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/those/m
lab join
echo late | put host1 tank/m file
refuses 3 zrep sync tank/m
refuses 3 zrep sync -f tank/m

# --append-only
confine host2 --under tank/those --role replica --append-only
n=$(snaps host2 tank/those/a | wc -w)
for _ in 1 2; do sends; done
says 'host2 lets this key destroy nothing' '--append-only' 'zrep expire -L'
is "$(grep -c 'lets this key' <<<"$said")" 1
is "$(snaps host2 tank/those/a | wc -w)" $((n + 2))
expect_status 0 zrep expire tank/a
says 'host2 lets this key destroy nothing'
is "$(snaps host2 tank/those/a | wc -w)" $((n + 2))
expect_status 0 on host2 zrep expire -L tank/those/a
is "$(snaps host2 tank/those/a | wc -w)" 2
on host1 zfs create tank/n
expect_status 0 zrep init tank/n host2 tank/those/n
expect_status 0 zrep sync tank/n

is "$(outside host2)" "$before"
