#!/bin/bash
# Other tools' snapshots: only those go that are named, and on the replica those stay that its administrator wants.
. "$(dirname "$0")/lib.sh"

taken() { on "$1" zfs list -Hd1 -t snapshot -o name tank/a | sed -n 's/^tank\/a@\(auto\|daily\)/\1/p' | paste -sd ' '; }
on host1 zfs create tank/a
echo 0 | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
round() { # N: the tool takes two, and keeps two of each; a sync
	echo "$1" | put host1 tank/a file
	on host1 zfs snapshot "tank/a@auto-$1"
	on host1 zfs snapshot "tank/a@daily-$1"
	[[ $1 -le 2 ]] || on host1 zfs destroy "tank/a@auto-$(($1 - 2))"
	[[ $1 -le 2 ]] || on host1 zfs destroy "tank/a@daily-$(($1 - 2))"
	expect_status 0 zrep sync tank/a
}
for n in 1 2 3 4; do round $n; done
is "$(taken host2)" 'auto-1 daily-1 auto-2 daily-2 auto-3 daily-3 auto-4 daily-4'

# Inherited from the pool.
on host1 zfs set 'zrep:foreign=daily-*' tank
round 5
is "$(taken host2)" 'auto-1 daily-1 auto-2 daily-2 auto-3 daily-3 auto-4 daily-4 daily-5'
on host1 zfs set zrep:foreign=none tank/a
round 6
is "$(taken host2)" 'auto-1 daily-1 auto-2 daily-2 auto-3 daily-3 auto-4 daily-4 daily-5'
on host1 zfs inherit zrep:foreign tank/a
on host1 zfs inherit zrep:foreign tank

# A hold and a clone keep what they are of.
on host2 zfs hold mine tank/a@auto-1
on host2 zfs clone tank/a@auto-2 tank/clone
on host2 zfs set zrep:foreign-keep=mirror tank/a
round 7
is "$(taken host2)" 'auto-1 auto-2 auto-7 daily-7'
on host2 zfs destroy tank/clone
on host2 zfs release mine tank/a@auto-1
round 8
is "$(taken host2)" 'auto-7 daily-7 auto-8 daily-8'
on host2 zfs set zrep:foreign-keep=3 tank/a
expect_status 0 on host2 zrep expire tank/a
is "$(taken host2)" 'daily-7 auto-8 daily-8'

# What cannot be read destroys nothing, and is told. On the master nothing is ever destroyed by it.
on host2 zfs set zrep:foreign-keep=many tank/a
expect_status 0 zrep sync tank/a
says 'tank/a on host2: foreign-keep "many" cannot be read' 'zfs inherit zrep:foreign-keep tank/a'
expect_status 1 zrep doctor tank/a
says 'foreign-keep "many" cannot be read'
on host2 zfs set zrep:foreign-keep=mirror tank/a
on host1 zfs set zrep:foreign-keep=1 tank/a
before=$(taken host1)
expect_status 0 zrep expire tank/a
is "$(taken host1)" "$before"
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep sync tank/a
expect_status 0 on host2 zrep check tank/a
same file host1 tank/a host2 tank/a
