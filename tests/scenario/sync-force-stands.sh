#!/bin/bash
# needs: userspace
# sync -f, refresh -f, sync DATASET@SNAP and init -f: where one thing of what would go is cloned or held, nothing goes,
# and each thing that stands in the way is named, with what to do about it. A bookmark goes along, as ZFS has it.
. "$(dirname "$0")/lib.sh"

keeps() { # DATASET: snapshots and bookmarks of host2, with what is in them
	on host2 zfs list -Hp -d 1 -t snapshot,bookmark -o name,guid "$1"
	on host2 zfs get -Hpo value guid "$1"
}
stays() { # STATUS CMD...: nothing of tank/a on host2 goes
	keeps tank/a >"$WORK/keeps"
	expect_status "$@"
	diff "$WORK/keeps" <(keeps tank/a) || fail "something is gone"
	says_not 'some are destroyed'
}

pair
on host2 zfs snapshot tank/a@mine-0
on host2 zfs snapshot tank/a@mine-1
on host2 zfs clone tank/a@mine-1 tank/clone
on host2 zfs clone tank/a@mine-1 'tank/my clone'
on host2 zfs snapshot tank/a@mine-2
on host2 zfs hold 'a tag' tank/a@mine-2
on host2 zfs hold other tank/a@mine-2
on host2 zfs snapshot tank/a@mine-3
on host2 zfs bookmark tank/a@mine-3 tank/a#mark-3
on host2 zfs destroy tank/a@mine-3
on host2 zfs bookmark tank/a@mine-2 tank/a#mark-2
echo "second words" | put host1 tank/a file

stays 3 zrep -n sync -f tank/a
stays 3 zrep sync -f tank/a
says 'newer snapshots (@mine-0, @mine-1, @mine-2)' 'nothing of it was destroyed' \
	'tank/a@mine-1 on host2 has the clones ' 'tank/clone' 'tank/my clone' "zfs list -o name,used,origin tank/clone 'tank/my clone'" \
	'tank/a@mine-2 on host2 is held, and not by zrep (' 'a tag' other \
	"on host2: zfs release 'a tag' tank/a@mine-2; zfs release other tank/a@mine-2" 'on host2, zrep rejoin tank/a'
says_not 'zfs promote'
stays 3 on host2 zrep refresh -f tank/a
says 'tank/a@mine-1 on host2 has the clones '
stays 3 zrep -y sync tank/a@zrep_000000
says 'tank/a@mine-1 on host2 has the clones ' "zfs release 'a tag' tank/a@mine-2"
is "$(prop host1 tank/a zrep:paused)" -

# What was told is what there is: without it, all of that goes.
on host2 zfs destroy tank/clone
on host2 zfs destroy 'tank/my clone'
on host2 zfs release 'a tag' tank/a@mine-2
stays 3 zrep sync -f tank/a
says 'tank/a@mine-2 on host2 is held, and not by zrep (other)'
says_not 'clone'
on host2 zfs release other tank/a@mine-2

# It comes between the look and the act: still all or nothing.
for way in hold clone; do
	lab ctl host2 arm -m -c CHANNEL_PROGRAM 1 before wait
	zrep sync -f tank/a >"$WORK/log" 2>&1 &
	running=$!
	for ((n = 0; n < 600; n++)); do
		[[ $(lab ctl host2 armed) != fired* ]] || break
		sleep 0.05
	done
	[[ $(lab ctl host2 armed) == "fired before CHANNEL_PROGRAM "* ]] || fail "$(lab ctl host2 armed)"
	keeps tank/a >"$WORK/keeps"
	if [[ $way == hold ]]; then on host2 zfs hold late tank/a@mine-2; else on host2 zfs clone tank/a@mine-1 tank/late; fi
	lab ctl host2 disarm >/dev/null
	got=0
	wait $running || got=$?
	said=$(<"$WORK/log")
	echo "$said"
	is $got 3
	diff "$WORK/keeps" <(keeps tank/a) || fail "something is gone"
	says 'nothing of it was destroyed'
	if [[ $way == hold ]]; then says 'tank/a@mine-2' '(late)'; else says 'tank/a@mine-1 has a clone (tank/late)'; fi
	if [[ $way == hold ]]; then on host2 zfs release late tank/a@mine-2; else on host2 zfs destroy tank/late; fi
done
expect_status 0 zrep sync -f tank/a
says 'newer snapshots (@mine-0, @mine-1, @mine-2)' '#mark-2' 'it is rolled back'
is "$(on host2 zfs list -Ho name -t bookmark -d 1 tank/a)" ''
hasnt host2 tank/a@mine-0
synced

# It would not fit any more: ZFS says so only when all else is gone.
fill host1 tank/a big 8
synced
on host2 zfs set readonly=off tank/a
: | put host2 tank/a big
on host2 zfs snapshot tank/a@mine
on host2 zfs set refquota=4M readonly=on tank/a
stays 3 zrep sync -f tank/a
says 'is larger than the refquota of tank/a' 'zfs get refquota tank/a'
on host2 zfs set refquota=none tank/a
expect_status 0 zrep sync -f tank/a
synced

# A tree goes back as a whole, or not at all; what has nothing to lose goes on.
on host1 zfs create tank/t
on host1 zfs create tank/t/b
on host1 zfs create tank/t/c
echo words | put host1 tank/t/b file
expect_status 0 zrep init -R tank/t host2 tank/t
on host2 zfs snapshot tank/t@mine
on host2 zfs snapshot tank/t/b@mine
on host2 zfs hold me tank/t/b@mine
echo "more words" | put host1 tank/t/c file
expect_status 3 zrep sync -f tank/t
says 'tank/t/b@mine on host2 is held, and not by zrep (me)' 'tank/t does not go back, because tank/t/b of the same tree cannot'
has host2 tank/t@mine
has host2 tank/t/b@mine
same file host1 tank/t/c host2 tank/t/c
on host2 zfs release me tank/t/b@mine
expect_status 0 zrep sync -f tank/t
hasnt host2 tank/t@mine
hasnt host2 tank/t/b@mine

# init -f, over a copy that was changed.
on host1 zfs create tank/d
on host1 zfs snapshot tank/d@seed
on host1 sh -c 'zfs send tank/d@seed' | on host2 zfs receive tank/d
on host2 zfs snapshot tank/d@own-1
on host2 zfs clone tank/d@own-1 tank/e
on host2 zfs snapshot tank/d@own-2
refuses 3 zrep init -f tank/d host2 tank/d
says 'tank/d@own-1 on host2 has the clone tank/e' 'nothing of it was destroyed'
has host2 tank/d@own-2
on host2 zfs destroy tank/e
expect_status 0 zrep init -f tank/d host2 tank/d
hasnt host2 tank/d@own-1
