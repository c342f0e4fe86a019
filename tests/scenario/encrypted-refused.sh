#!/bin/bash
# One side encrypted and the other not, because somebody replaced one: no stream fits both. It is refused, and
# nothing is ever sent in plain.
. "$(dirname "$0")/lib.sh"

key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
create() { on "$1" sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex $2"; }
# replace HOST DATASET NEW: by what was received as NEW, with the same properties and holds.
replace() {
	local prop value
	while read -r prop value; do
		on "$1" zfs set "$prop=$value" "$3"
	done < <(on "$1" zfs get -Hpo property,value -s local all "$2" | grep -E '^(zrep:|readonly)')
	on "$1" zfs hold zrep "$3@zrep_000000"
	on "$1" zfs rename "$2" tank/old
	on "$1" zfs rename "$3" "$2"
}
create host1 tank/e
echo "secret words" | put host1 tank/e file
zrep init tank/e host2 tank/e >/dev/null
on host1 zfs send tank/e@zrep_000000 | on host2 zfs receive tank/plain
replace host2 tank/e tank/plain
is "$(prop host2 tank/e encryption) $(guid host2 tank/e@zrep_000000)" "off $(guid host1 tank/e@zrep_000000)"
echo "more secret words" | put host1 tank/e file
for how in '' -f; do
	refuses 3 zrep sync $how tank/e
	says 'tank/e on host1 is encrypted, tank/e on host2 is not: no stream' 'to begin anew beside it: on host1, zrep -t TAG init tank/e HOST DATASET'
done
refuses 3 zrep failover tank/e
says 'encrypted'
refuses 3 on host2 zrep takeover tank/e
says 'encrypted'

# The other way round.
on host2 zfs rename tank/old tank/former
on host1 zfs create tank/p
echo "plain words" | put host1 tank/p file
zrep init tank/p host2 tank/p >/dev/null
create host2 tank/below
on host1 zfs send tank/p@zrep_000000 | on host2 zfs receive tank/below/p
on host2 sh -c "echo $key | zfs change-key -o keyformat=hex -o keylocation=prompt tank/below/p"
replace host2 tank/p tank/below/p
echo "more plain words" | put host1 tank/p file
for how in '' -f; do
	refuses 3 zrep sync $how tank/p
	says 'tank/p on host1 is not encrypted, tank/p on host2 is: no stream'
done
refuses 3 zrep failover tank/p

# A copy that somebody made in plain is no beginning of a pair, though it holds the snapshot.
create host1 tank/f
echo "secret words" | put host1 tank/f file
on host1 zfs snapshot tank/f@zrep_000000
on host1 zfs send tank/f@zrep_000000 | on host2 zfs receive -o readonly=on tank/f
refuses 3 zrep init tank/f host2 tank/f
says 'encrypted' 'tank/f on host2'
