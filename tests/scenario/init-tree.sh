#!/bin/bash
# A whole tree becomes pairs at one moment: what it has chosen, what was taken out of it, where it was broken off.
. "$(dirname "$0")/lib.sh"

tree=(a a/b a/b/c 'a/d e' a/v)
on host1 zfs create -o atime=off tank/a
on host1 zfs create tank/a/b
on host1 zfs create -o compression=lz4 tank/a/b/c
on host1 zfs create 'tank/a/d e'
on host1 zfs create -sV 4M tank/a/v
on host1 zfs create -o zrep:exclude=yes tank/a/tmp
on host1 zfs create tank/a/tmp/more
for d in a a/b a/b/c 'a/d e'; do echo "words of $d" | put host1 "tank/$d" file; done

unchanged expect_status 0 zrep -n init -R -o copies=2 tank/a host2 tank/x
says 'tank/x/b/c@zrep_000000' 'copies=2' 'zrep:recursive=yes'
says_not tmp
expect_status 2 zrep init -R tank/a@zrep_000000 host2 tank/x

# Broken off in the middle, it goes on.
fill host1 tank/a/b/c big 60
zrep init -R -o copies=2 tank/a host2 tank/x >"$WORK/out" 2>&1 &
pid=$!
within 20 has host2 tank/x/b/c
lab drop
got=0
wait "$pid" || got=$?
[[ $got -eq 5 || $got -eq 1 ]] || fail "it ended with status $got"
is "$(prop host1 tank/a zrep:recursive)" -
expect_status 0 zrep init -R -o copies=2 tank/a host2 tank/x
says 'tank/a -> host2:tank/x' 'keep it so with `zrep sync tank/a`' 'tank/a/d e -> host2:tank/x/d e'
for d in "${tree[@]}"; do
	[[ $d == a/v ]] || same file host1 "tank/$d" host2 "tank/x${d#a}"
	is "$(prop host1 "tank/$d" zrep:master) $(prop host2 "tank/x${d#a}" readonly)" 'yes on'
	is "$(prop host2 "tank/x${d#a}" copies)" 2
done
is "$(prop host2 tank/x/b/c compression)" lz4
hasnt host2 tank/x/tmp
is "$(for d in "${tree[@]}"; do prop host1 "tank/$d@zrep_000000" createtxg; done | sort -u | wc -l)" 1
is "$(prop host1 tank/a zrep:recursive) $(prop host2 tank/x zrep:recursive)" 'yes yes'

# The same again changes nothing; what is made later gets the properties that were chosen.
expect_status 0 zrep init -R -o copies=2 tank/a host2 tank/x
says 'is replicated already'
on host1 zfs create tank/a/later
expect_status 0 zrep sync all
is "$(prop host2 tank/x/later copies)" 2
# But nobody who makes a dataset in the tree chooses for it, on the other host, by a property of zrep's.
on host1 zfs create -o zrep:props=canmount=on,mountpoint=/etc/cron.d,sharenfs=on tank/a/sly
expect_status 0 zrep sync all
is "$(on host2 zfs get -Ho property -s local mountpoint,canmount,sharenfs tank/x/sly)" ''
is "$(prop host2 tank/x/sly copies)" 2
on host1 zrep --json init -R tank/a host2 tank/x >"$WORK/json"
is "$(jq -r '.datasets."tank/a/b/c".destination' "$WORK/json")" tank/x/b/c

# One that cannot be stops all of them, before anything is sent.
on host1 zfs create tank/t
on host1 zfs create tank/t/a
on host1 zfs create tank/t/b
on host2 zfs create tank/t
on host2 zfs create tank/t/b
on host2 zfs snapshot tank/t/b@mine
refuses 3 zrep init -R tank/t host2 tank/t
says 'tank/t/b on host2 exists already'
on host1 zfs set zrep:exclude=yes tank/t/b
refuses 3 zrep init -R tank/t host2 tank/t
says 'tank/t on host2'
expect_status 0 zrep init -R -f tank/t host2 tank/t
same_names() { is "$(on host2 zfs list -Hro name tank/t | paste -sd ' ')" 'tank/t tank/t/a tank/t/b'; }
same_names
