#!/bin/bash
# A hostile peer, which has a key that is bound to some datasets, says everything to the agent: with names from outside in every
# place, in each role, and streams and tokens that lead elsewhere. Nothing outside is read or changed, and nothing inside beyond
# the role.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"

peer=$(dirname "$0")/../../build/tests/hostile/hostile-peer
[[ ! -x ${ZREP_BIN%/*}/tests/hostile/hostile-peer ]] || peer=${ZREP_BIN%/*}/tests/hostile/hostile-peer
hostile() { on host1 "$peer" "$@"; }

beside
# Never named by the peer: the word must not come back.
on host2 zfs create -o com.example:note=hidden tank/other/hidden
on host2 zfs set zrep:src-fs=tank/a zrep:src-host=hidden zrep:dest-fs=tank/hidden zrep:dest-host=host2 tank/other/hidden
on host2 zfs snapshot tank/other/hidden@hidden
on host2 zfs create -o mountpoint=none tank/those
pair_of() { # NAME
	on host1 zfs create "tank/$1"
	echo "first words" | put host1 "tank/$1" file
	zrep init "tank/$1" host2 "tank/those/$1" >/dev/null
	on host2 zfs snapshot "tank/those/$1@mine"
	on host2 zfs snapshot "tank/those/$1@theirs"
}
before=$(outside host2)

for role in replica source peer; do
	pair_of $role
	inside=$(on host2 zfs list -Hr -t all -o name,guid,readonly,mountpoint,origin tank/those/$role)
	confine host2 --under tank/those/$role --role $role
	expect_status 0 hostile inside host2 tank/those/$role $role
	is "$(on host2 zfs list -Hr -t all -o name,guid,readonly,mountpoint,origin tank/those/$role)" "$inside"
	expect_status 0 hostile all host2 tank/those/$role tank/other/secret
	is "$(outside host2)" "$before"
	[[ $role == peer ]] || is "$(on host2 zfs list -Hr -t filesystem -o name,guid,readonly,mountpoint,origin tank/those/$role)" \
		"$(grep -v @ <<<"$inside")"
	confine host2
done
# Without a role there is no such agent.
confine host2 --under tank/those
expect_status 5 zrep sync tank/peer
confine host2

# A replica that leads by now is not for its former master's key.
lab cut
expect_status 0 on host2 zrep -y takeover -L tank/those/replica
lab join
confine host2 --under tank/those/replica --role replica
expect_status 0 hostile change host2 tank/those/replica
confine host2

# A stream that is a clone of what lies outside: `zfs receive` would find that by its GUID, in the whole pool.
on host2 zfs send tank/other/secret@mine >"$WORK/secret"
on host1 sh -c "zfs receive tank/copy <'$WORK/secret'"
on host1 zfs clone tank/copy@mine tank/clone
on host1 zfs snapshot tank/clone@s
on host1 zfs send -i tank/copy@mine tank/clone@s >"$WORK/of-secret"
# One that brings its own properties.
on host1 zfs create -o mountpoint=/etc/zrep-hostile -o canmount=noauto -o setuid=on tank/props
on host1 zfs snapshot tank/props@s
on host1 zfs send -p tank/props@s >"$WORK/package"
on host1 zfs send tank/props@s >"$WORK/plain"
for role in replica peer; do
	confine host2 --under tank/those --role $role
	for stream in of-secret package secret.none; do
		expect_status 0 hostile stream host2 tank/those/$role-new@s "$WORK/$stream"
		hasnt host2 tank/those/$role-new
	done
	# What says nothing of readonly would make one that can be written to.
	expect_status 0 hostile bare-stream host2 tank/those/$role-new@s "$WORK/plain"
	hasnt host2 tank/those/$role-new
	expect_status 1 hostile stream host2 tank/those/$role-new@s "$WORK/plain"
	has host2 tank/those/$role-new
	says taken
done

confine host2
expect_status 1 hostile stream host2 tank/those/found@s "$WORK/of-secret" # so it would be
is "$(prop host2 tank/those/found origin)" tank/other/secret@mine
on host2 zfs destroy -r tank/those/found

# A token that names what was inside and is outside by now: `zfs send` would find it by its GUID.
on host2 zfs create tank/those/moved
fill host2 tank/those/moved big 8
on host2 zfs snapshot tank/those/moved@s
on host2 zfs send tank/those/moved@s >"$WORK/whole"
head -c 4M "$WORK/whole" >"$WORK/half"
on host1 sh -c "zfs receive -s tank/half <'$WORK/half'" || true
token=$(prop host1 tank/half receive_resume_token)
on host2 zfs rename tank/those/moved tank/other/moved
for role in source peer; do
	confine host2 --under tank/those --role $role
	expect_status 0 hostile token host2 "$token"
	says 'another snapshot'
done
confine host2
expect_status 1 hostile token host2 "$token" # so it would be
on host2 zfs rename tank/other/moved tank/those/moved
confine host2
is "$(outside host2)" "$before"

# A clone of what lies outside is not promoted over it.
on host2 zfs clone tank/other/secret@mine tank/those/clone
confine host2 --under tank/those --role peer
expect_status 0 hostile promote host2 tank/those/clone
is "$(prop host2 tank/those/clone origin)" tank/other/secret@mine
