#!/bin/bash
# check and status -m never say OK where the last sync was refused, a child of a tree could not become a pair, a replica
# is writable, or a mark lies in the future; and do again when it is mended. (pool-away has the pools.)
. "$(dirname "$0")/lib.sh"

# bad HOST WORDS CMD...: it is not OK, and says so.
bad() {
	local host=$1 words=$2
	shift 2
	said=$(on "$host" zrep "$@" 2>&1) && fail "$*: $said"
	says "$words"
	says_not 'ZREP OK'
}
# well: everybody is content.
well() {
	local host
	for host in host1 host2; do
		expect_status 0 on $host zrep check
		expect_status 0 on $host zrep status -m -a
	done
}

pair
synced
well

# The last sync was refused.
spoil host2 tank/a mine
echo more | put host1 tank/a file
expect_status 3 zrep sync tank/a
bad host1 'the destination tank/a on host2 was changed' status -m
bad host1 'the destination tank/a on host2 was changed' status -m tank/a
bad host1 'was changed' check
unspoil host2 tank/a mine
bad host1 'the last run' check # until a sync was well
expect_status 0 zrep status
says ' failed'
synced
well

# Not worth a word: a wish, or somebody at work.
on host1 zfs set zrep:paused=yes tank/a
expect_status 3 zrep sync tank/a
on host1 zfs inherit zrep:paused tank/a
is "$(prop host1 tank/a zrep:error)" -
expect_status 3 on host2 zrep sync tank/a # a replica
is "$(prop host2 tank/a zrep:error)" -
well

# A refresh that was refused is seen where it ran.
spoil host2 tank/a mine
expect_status 3 on host2 zrep refresh tank/a
bad host2 'was changed' status -m
bad host1 'was changed' status -m
unspoil host2 tank/a mine
expect_status 0 on host2 zrep refresh tank/a
well
expect_status 5 on host2 env ZREP_PATH=no-zrep zrep refresh tank/a
bad host2 'there is no zrep on host1' status -m
is "$(prop host1 tank/a zrep:error)" - # it could not be told
synced # from here, with the replica looked at as well
well

# The replica is writable; is written to.
on host2 zfs set readonly=off tank/a
bad host1 'the replica tank/a on host2 can be written to' check
bad host2 'the replica tank/a on host2 can be written to' check
bad host2 'this replica can be written to' status -m
bad host2 'this replica can be written to' status -m -a
expect_status 0 on host2 zrep status -a
says writable
echo mine | put host2 tank/a other
on host2 zpool sync tank
expect_status 2 on host2 zrep status -m
says 'can be written to, and was: '
expect_status 2 on host1 zrep check
on host2 zfs snapshot tank/a@evening # which does not hide it
expect_status 2 on host2 zrep status -m
says 'can be written to, and was: '
lab cut
expect_status 2 on host2 zrep --timeout 3 check -v
says 'can be written to, and was: '
lab join
expect_status 0 zrep sync -f tank/a
expect_status 0 on host2 zfs set readonly=on tank/a
synced
well

# The newest mark lies in the future.
last=$(snaps host1 tank/a | grep -o '[^ ]*$')
on host2 zfs set zrep:sent=$(($(date +%s) + 3600)) "tank/a@$last"
bad host1 'in the future: a clock is wrong' check
bad host2 'in the future: a clock is wrong' check
bad host2 'in the future: a clock is wrong' status -m
on host1 zfs set zrep:sent=$(($(date +%s) + 3600)) "tank/a@$last"
bad host1 'in the future: a clock is wrong' status -m
synced
well

# A child of a tree cannot become a pair.
on host1 zfs create tank/t
on host1 zfs create tank/t/x
zrep init -R tank/t host2 tank/t
expect_status 0 zrep sync tank/t
on host1 zfs create tank/t/new # will come along: no news
expect_status 0 zrep check tank/t
is "$(wc -l <<<"$said")" 1
expect_status 0 zrep sync tank/t
on host2 zfs create -o readonly=off tank/t/local
echo mine | put host2 tank/t/local file
on host2 zfs snapshot tank/t/local@keep
on host1 zfs create tank/t/local
echo theirs | put host1 tank/t/local file
for host in host1 host2; do # foreseen
	bad $host 'tank/t/local: the destination tank/t/local on host2 exists already' check tank/t
	bad $host 'tank/t/local: the destination tank/t/local on host2 exists already' check
done
expect_status 0 zrep status -m
expect_status 3 zrep sync tank/t
bad host1 'tank/t/local: the destination tank/t/local on host2 exists already' status -m
bad host1 'tank/t/local: ' doctor tank/t
says 'zfs set zrep:exclude=yes tank/t/local'
expect_status 3 zrep sync tank/t # again: still said
bad host1 'tank/t/local: ' status -m
expect_status 3 on host2 zrep refresh tank/t
bad host2 'tank/t/local: ' status -m
on host1 zfs set zrep:exclude=yes tank/t/local
expect_status 0 zrep sync tank/t
well
expect_status 0 zrep doctor tank/t
expect_status 0 zrep failover tank/t
expect_status 0 on host2 zrep check tank/t # left out there as well
