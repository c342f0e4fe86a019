#!/bin/bash
# The role of a tree moves with as few looks at it as there are reasons for: once before its sync, once after that, once when
# nobody can write, and once at the end. What was seen before is a guess, and nothing that comes of it is another for it.
. "$(dirname "$0")/lib.sh"

words() { echo "words of $2, $RANDOM" | put "$1" "$2" file; }
# lists HOST: how often the last command has listed something there. while_closed HOST: and while nobody could write.
lists() { grep -c "list on $1:" <<<"$said" || true; }
while_closed() { sed -n '/quiesce on/,/decide on/p' <<<"$said" | grep -c "list on $1:" || true; }
# looks N M: so often at host1 and at host2, if that took no longer than what was seen counts for (10 s).
looks() { [[ $((SECONDS - began)) -ge 9 ]] || is "$(lists host1) $(lists host2)" "$1 $2"; }
members() { on "$1" zfs get -Hro name -s local zrep:master tank/a | paste -sd ' '; }

for d in a a/b a/c a/d a/e; do on host1 zfs create tank/$d; words host1 tank/$d; done
expect_status 0 zrep init -R tank/a host2 tank/a

# The first look is at all that this host has. Who has made way before, and offered the role, is looked at before and after.
words host1 tank/a/b
began=$SECONDS
expect_status 0 zrep -D failover tank/a
looks 5 4
is "$(while_closed host1) $(while_closed host2)" '1 1'
for d in a a/b a/c; do led_by host2 tank/$d; done
words host2 tank/a/c
began=$SECONDS
expect_status 0 zrep -D takeover tank/a
looks 5 4
same file host1 tank/a/c host2 tank/a/c
for d in a a/b a/c; do led_by host1 tank/$d; done
began=$SECONDS
expect_status 0 zrep -D yield tank/a
looks 5 4
began=$SECONDS
expect_status 0 on host2 zrep -D takeover tank/a
looks 2 3
for d in a a/b a/c; do led_by host2 tank/$d; done
expect_status 0 zrep takeover tank/a

# What was written between its sync and the look after that, and what when it is about to make way, moves as well.
hook host1 pre-snapshot <<<'exit 0'
hook host1 post-snapshot <<-'END'
	w() { if [ -n "${UZFS_SOCK-}" ]; then uzctl put tank/a/b between; else cat >/tank/a/b/between; fi; }
	echo "written between" | w
END
late host1 1
words host1 tank/a/c
began=$SECONDS
expect_status 0 zrep -D failover tank/a
[[ $(while_closed host1) -le 2 && $(while_closed host2) -le 2 ]] || fail 'it was looked at more often than that'
unhook host1
[[ $(get host2 tank/a/b between) == 'written between' ]] || fail 'what was written after the snapshot did not come along'
same between host1 tank/a/b host2 tank/a/b
same big host1 tank/a/e host2 tank/a/e
expect_status 0 zrep takeover tank/a

# Some of it is not what it was.
on host1 zfs create tank/a/new
words host1 tank/a/new
on host1 zfs rename tank/a/c tank/a/k
on host1 sh -c 'zfs list -Hro name -t snapshot tank/a/d | while read -r s; do zfs release zrep "$s" </dev/null 2>&1; done; zfs destroy -r tank/a/d' >/dev/null
on host1 zfs set zrep:exclude=yes tank/a/e
expect_status 0 zrep failover tank/a
is "$(members host1)/$(members host2)" '/tank/a tank/a/b tank/a/e tank/a/k tank/a/new'
same file host1 tank/a/new host2 tank/a/new
has host2 tank/a/k && hasnt host2 tank/a/c && hasnt host2 tank/a/d
on host2 zfs create tank/a/newer
words host2 tank/a/newer
on host2 zfs rename tank/a/k tank/a/c
expect_status 0 zrep takeover tank/a
is "$(members host1)/$(members host2)" 'tank/a tank/a/b tank/a/c tank/a/e tank/a/new tank/a/newer/'
same file host1 tank/a/newer host2 tank/a/newer

# One of it is paused, which stops its sync, but not the change of its role.
on host1 zfs inherit zrep:exclude tank/a/e
expect_status 0 zrep pause tank/a/b
echo 'not synced' | put host1 tank/a/b file
expect_status 0 zrep failover tank/a
is "$(members host1)/$(members host2)" '/tank/a tank/a/b tank/a/c tank/a/e tank/a/new tank/a/newer'
same file host1 tank/a/b host2 tank/a/b
expect_status 0 zrep takeover tank/a
expect_status 0 zrep unpause tank/a/b

# One of it is at work, for its sync or for the change of its role.
fill host1 tank/a/e big 3
begin 1 zrep sync tank/a/e
expect_status 4 zrep failover tank/a
says 'tank/a/e on host1 is busy'
is "$(grep -c ' is busy' <<<"$said")" 1
go_on
ended 0
begin 1 zrep -t other init tank/a/e host2 tank/other
expect_status 4 zrep failover tank/a
says 'tank/a/e on host1 is busy' 'tank/a/b does not move, because tank/a/e of the same tree cannot'
is "$(grep -c ' is busy' <<<"$said")" 1
go_on
ended 0
for d in a a/b a/c a/e a/new a/newer; do led_by host1 tank/$d; done

# The other side is away: that is said once.
lab kill host2
expect_status 5 zrep failover tank/a
is "$(grep -c 'cannot reach host2' <<<"$said")" 1
says_not 'tank/a/b'
