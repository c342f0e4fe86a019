#!/bin/bash
# A snapshot of a replica that holds nothing of its own is all the same needed by somebody, or it does hold something: nothing
# is destroyed, it is said who needs it, and each of the ways that are named works.
. "$(dirname "$0")/lib.sh"

words() { echo "words $RANDOM" | put host1 tank/a file; }
pair
words

# Held.
on host2 zfs snapshot tank/a@first
on host2 zfs snapshot tank/a@mine
on host2 zfs snapshot tank/a@last
on host2 zfs hold backup tank/a@mine
refuses 3 zrep sync tank/a
says 'tank/a@mine on host2 is held' 'zfs holds tank/a@mine' 'zfs release TAG tank/a@mine' 'zrep rejoin tank/a'
unchanged expect_status 2 zrep check tank/a
says 'tank/a@mine on host2 is held'
refuses 3 zrep failover tank/a
refuses 3 on host2 zrep takeover tank/a
refuses 3 on host2 zrep refresh tank/a
has host2 tank/a@first
on host2 zfs release backup tank/a@mine
expect_status 0 zrep sync tank/a
synced

# Held, and kept.
on host2 zfs snapshot tank/a@mine
on host2 zfs hold backup tank/a@mine
words
refuses 3 zrep sync tank/a
expect_status 0 on host2 zrep rejoin tank/a
kept=$(kept host2)
is "$(holds host2 "$kept@mine")" backup
synced

# Taken of what has just come back, whose intent log may be in it.
on host2 zfs snapshot tank/a@noise
words
synced
hasnt host2 tank/a@noise

# Cloned.
on host2 zfs snapshot tank/a@first
on host2 zfs snapshot tank/a@mine
on host2 zfs clone tank/a@mine tank/clone
words
expect_status 3 zrep sync tank/a
says 'tank/a@mine on host2 cannot be destroyed' 'the origin of tank/clone' 'zrep rejoin tank/a'
has host2 tank/a@first
has host2 tank/a@mine
expect_status 3 zrep failover tank/a
led_by host1
on host2 zfs destroy tank/clone
synced

# Bookmarked.
on host2 zfs snapshot tank/a@mine
on host2 zfs bookmark tank/a@mine tank/a#other
words
expect_status 3 zrep sync tank/a
says 'tank/a@mine on host2 cannot be destroyed' 'bookmarked (tank/a#other)' 'zfs destroy tank/a#other'
has host2 tank/a@mine
on host2 zfs destroy tank/a#other
synced

# Written to, and a snapshot of that, and more of them.
on host2 zfs snapshot tank/a@before
on host2 zfs set readonly=off tank/a
echo "written there" | put host2 tank/a other
on host2 zfs snapshot tank/a@written
on host2 zfs set readonly=on tank/a
on host2 zfs snapshot tank/a@after
words
refuses 3 zrep sync tank/a
says 'tank/a on host2 was changed' '@before, @written, @after' 'zrep rejoin tank/a' 'zrep sync -f tank/a'
unchanged expect_status 2 zrep check tank/a
unchanged expect_status 1 zrep doctor tank/a
refuses 3 zrep failover tank/a
expect_status 0 on host2 zrep rejoin tank/a
kept=$(kept host2 | tail -n 1)
is "$(get host2 "$kept" other)" 'written there'
synced

# The old master, written to after the last sync by nobody but a snapshot tool, then by somebody.
expect_status 0 zrep failover tank/a
on host1 zfs set readonly=off tank/a
echo "too late" | put host1 tank/a late
on host1 zfs snapshot tank/a@late
on host1 zfs set readonly=on tank/a
echo "words of host2" | put host2 tank/a file
refuses 3 on host2 zrep sync tank/a
says 'tank/a on host1 was changed' '@late' 'zrep rejoin tank/a'
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" late)" 'too late'
leads host2
