#!/bin/bash
# needs: userspace
# rejoin --discard, failover -L --discard and takeover -L @SNAP --discard: where one thing of what would go is cloned or
# held, nothing goes, of a whole tree, and each thing is named.
. "$(dirname "$0")/lib.sh"

keeps() { on "$1" zfs list -Hpr -t all -o name,guid "$2"; } # HOST DATASET
stays() { # HOST DATASET STATUS CMD...
	local host=$1 ds=$2
	shift 2
	keeps "$host" "$ds" >"$WORK/keeps"
	expect_status "$@"
	diff "$WORK/keeps" <(keeps "$host" "$ds") || fail "something is gone"
	is "$(prop "$host" "$ds" zrep:switch)" -
}

pair
expect_status 0 on host2 zrep takeover -L --force -y tank/a
on host1 zfs snapshot tank/a@h1
on host1 zfs clone tank/a@h1 tank/clone
echo "only here" | put host1 tank/a l1
on host1 zfs snapshot tank/a@h2
on host1 zfs hold keeper tank/a@h2
on host1 zfs bookmark tank/a@h2 tank/a#h2
echo "and here" | put host1 tank/a l2

refuses 3 zrep rejoin -y --discard tank/a
says 'tank/a@h1 on host1 has the clone tank/clone' 'tank/a@h2 on host1 is held, and not by zrep (keeper)' \
	'nothing of it was destroyed' 'without --discard it is preserved' 'zfs release keeper tank/a@h2'
says_not 'zfs promote'
unchanged expect_status 3 zrep -n rejoin --discard tank/a
on host1 zfs release keeper tank/a@h2
refuses 3 zrep rejoin -y --discard tank/a
says 'has the clone tank/clone'
says_not 'is held'

# It comes when all has been looked at: a hook is the last thing before the way.
on host1 zfs destroy tank/clone
hook host1 pre-demote <<-'END'
	zfs hold late tank/a@h1
END
stays host1 tank/a 3 zrep rejoin -y --discard tank/a
says 'tank/a@h1 on host1 is held, and not by zrep (late)'
is "$(roles host1)" 'yes host1 tank/a host2 tank/a - off'
unhook host1
on host1 zfs release late tank/a@h1

expect_status 0 zrep rejoin -y --discard tank/a
hasnt host1 tank/a@h1
is "$(on host1 zfs list -Ho name -t bookmark -d 1 tank/a | grep -v '#zrep_' || true)" ''
is "$(kept host1)" ''
leads host2

# With a clone, without --discard: it depends on what is kept.
expect_status 0 zrep takeover -L --force -y tank/a
on host2 zfs snapshot tank/a@h3
on host2 zfs clone tank/a@h3 tank/clone
on host2 zfs bookmark tank/a@h3 tank/a#h3
refuses 3 on host2 zrep rejoin -y --discard tank/a
expect_status 0 on host2 zrep rejoin tank/a
is "$(prop host2 tank/clone origin)" "$(kept host2)@h3"
is "$(on host2 zfs list -Ho name -t bookmark "$(kept host2)")" "$(kept host2)#h3"
leads host1

# failover -L --discard, and takeover -L @SNAP.
on host1 zfs snapshot tank/a@h4
on host1 zfs clone tank/a@h4 tank/clone
stays host1 tank/a 3 zrep failover -L -y --discard tank/a
says 'tank/a@h4 on host1 has the clone tank/clone' 'nothing of it was destroyed'
is "$(roles host1)" 'yes host1 tank/a host2 tank/a - off'
on host1 zfs destroy tank/clone
on host1 zfs destroy tank/a@h4
first=$(on host2 zfs list -Hd 1 -t snapshot -o name -s createtxg tank/a | head -n 1)
last=$(on host2 zfs list -Hd 1 -t snapshot -o name -s createtxg tank/a | tail -n 1)
on host2 zfs hold me "$last"
stays host2 tank/a 3 on host2 zrep takeover -L --force -y --discard "$first"
says "$last on host2 is held, and not by zrep (me)"
is "$(prop host2 tank/a zrep:master)" -
on host2 zfs release me "$last"

# A tree: one that cannot is all that cannot.
on host1 zfs create tank/t
on host1 zfs create tank/t/b
echo words | put host1 tank/t/b file
expect_status 0 zrep init -R tank/t host2 tank/t
expect_status 0 on host2 zrep takeover -L --force -y tank/t
on host1 zfs snapshot -r tank/t@mine
on host1 zfs hold me tank/t/b@mine
keeps host1 tank/t >"$WORK/keeps"
expect_status 3 zrep rejoin -y --discard tank/t
says 'tank/t/b@mine on host1 is held, and not by zrep (me)' 'tank/t does not come back, because tank/t/b of the same tree cannot'
diff "$WORK/keeps" <(keeps host1 tank/t) || fail 'something is gone'
is "$(prop host1 tank/t zrep:master)" yes
on host1 zfs release me tank/t/b@mine
expect_status 0 zrep rejoin -y --discard tank/t
hasnt host1 tank/t/b@mine
leads host2 tank/t/b

# The same of failover -L --discard.
on host2 zfs snapshot -r tank/t@mine
on host2 zfs clone tank/t/b@mine tank/clone2
keeps host2 tank/t >"$WORK/keeps"
expect_status 3 on host2 zrep failover -L -y --discard tank/t
says 'tank/t/b@mine on host2 has the clone tank/clone2'
diff "$WORK/keeps" <(keeps host2 tank/t) || fail 'something is gone'
led_by host2 tank/t
