#!/bin/bash
# needs: userspace
# limit: 300
# A tree of many was taken over by force: its datasets come back together, level by level, with a few listings for all of them,
# and each succeeds or fails for itself.
. "$(dirname "$0")/lib.sh"

wide=12
names=(tank/a)
for ((i = 1; i <= wide; i++)); do names+=("tank/a/d$i"); done
for ds in "${names[@]}"; do
	on host1 zfs create "$ds"
	echo "first" | put host1 "$ds" file
done
zrep init -R tank/a host2 tank/a
lost() { # the role goes to HOST by force, and both sides are written to
	local there=$1 here
	here=$(other "$there")
	on "$here" zrep sync tank/a >/dev/null
	lab cut
	on "$there" zrep -y takeover -L tank/a >/dev/null
	lab join
	for ds in "${names[@]}"; do
		echo "not sent of $ds" | put "$here" "$ds" file
		echo "of $there" | put "$there" "$ds" file
	done
}
# processes HOST: zfs commands, and connections, since `lab ctl HOST counts reset`.
processes() { lab ctl "$1" counts | awk '$1 == "process" && $2 == "zfs" { n = $3 } END { print n + 0 }'; }
back() { # HOST: all of it is a replica there, has what the other side has, and has kept its own beside it
	local ds n
	for ds in "${names[@]}"; do
		same file host1 "$ds" host2 "$ds"
		n=$(on "$1" zfs list -Hro name tank | grep -c "${ds##*/}_kept_[0-9TZ]*\$")
		is "$n" "${2:-1}"
	done
}

lost host2
lab ctl host1 counts reset
lab ctl host2 counts reset
expect_status 0 zrep rejoin tank/a
is "$(grep -c 'tank/a on host1 is the replica of tank/a on host2 again' <<<"$said")" 1
is "$(grep -c ' is the replica of ' <<<"$said")" $((wide + 1))
echo "zfs processes: $(processes host1) and $(processes host2)"
# Of one after the other it was 30 and more for each.
[[ $(processes host1) -lt $((8 * wide)) ]] || fail 'only a few for each of them'
[[ $(processes host2) -lt $((5 * wide)) ]] || fail 'only a few for each of them'
back host1
for ds in "${names[@]}"; do led_by host2 "$ds"; done
lab ctl host1 counts reset
expect_status 0 zrep rejoin --no-sync tank/a
is "$(grep -c ' already$' <<<"$said")" $((wide + 1))
[[ $(processes host1) -lt 70 ]] || fail "$(processes host1) zfs processes for nothing, whatever how many"

# One that cannot is refused for itself, and the others are back; a second time it goes on.
lost host1
on host2 zfs hold keep tank/a/d3@"$(snaps host2 tank/a/d3 | sed 's/.* //')"
echo "newer" | put host2 tank/a/d3 file
on host2 zfs snapshot tank/a/d3@mine
on host2 zfs hold keep tank/a/d3@mine
expect_status 0 on host2 zrep rejoin tank/a
back host2
for ds in "${names[@]}"; do led_by host1 "$ds"; done

# Interrupted, it goes on where it was.
lost host2
on host1 sh -c 'zrep rejoin tank/a & sleep 1; kill -TERM $!; wait $!; true' >"$WORK/said" 2>&1
cat "$WORK/said"
expect_status 0 zrep rejoin tank/a
for ds in "${names[@]}"; do
	led_by host2 "$ds"
	same file host1 "$ds" host2 "$ds"
done

# Named twice, and by both its ends on one host: it is one pair that comes back once.
on host1 zfs create tank/near
on host1 zrep init tank/near localhost tank/there
on host1 zrep -y takeover -L tank/there
echo "only near" | put host1 tank/near file
echo "there" | put host1 tank/there file
expect_status 0 zrep rejoin tank/near tank/there tank/near
says 'tank/near on host1 is the replica of tank/there on host1 again' 'tank/near on host1 is the replica of tank/there on host1 already'
same file host1 tank/near host1 tank/there
