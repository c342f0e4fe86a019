# Another tool destroys on the source what both sides had in common: the sync goes on from the bookmark that was made before
# it was sent. The same for what a broken sync had brought over already, and for bookmarks that others have made.
. "$(dirname "$0")/lib.sh"

marks() { on "$1" zfs list -Hd 1 -t bookmark -o name -s createtxg "${2:-tank/a}" | sed 's/.*#//'; }
mark_of() { printf 'zrep_%016x\n' "$(guid "$1" "$2")"; }
# prune HOST DATASET SNAP...: whoever holds it.
prune() {
	local s
	for s in "${@:3}"; do
		on "$1" zfs release zrep "$2@$s" 2>/dev/null || true
		on "$1" zfs destroy "$2@$s"
	done
}

pair
is "$(marks host1)" "$(mark_of host1 tank/a@zrep_000000)"
is "$(marks host2)" ''
echo two | put host1 tank/a file
expect_status 0 zrep sync tank/a
is "$(marks host1 | tail -n 1)" "$(mark_of host1 tank/a@zrep_000001)"

# --- all of them are gone ---
prune host1 tank/a zrep_000000 zrep_000001
is "$(snaps host1 tank/a)" ''
echo three | put host1 tank/a file
expect_status 1 zrep check -v
says 'has only the bookmark #zrep_'
expect_status 1 zrep doctor tank/a
says 'has only the bookmark #zrep_' '-> the next `zrep sync tank/a`'
expect_status 0 zrep status -v tank/a
unchanged expect_status 0 zrep sync -n tank/a
says 'goes on from its bookmark' 'send tank/a#zrep_'
synced
is "$(snaps host1 tank/a)" zrep_000002
expect_status 0 zrep doctor tank/a

# Nothing was written since: what both have is to be a snapshot all the same.
prune host1 tank/a zrep_000002
synced
is "$(snaps host1 tank/a)" zrep_000003

# --- what a broken sync had brought over ---
echo four | put host1 tank/a file
on host1 zfs snapshot tank/a@hourly-1
fill host1 tank/a big 3
begin 1 zrep sync tank/a
within 10 has host2 tank/a@hourly-1
lab drop
ended 5
has host2 tank/a@hourly-1
on host1 zfs destroy tank/a@hourly-1
synced
has host2 tank/a@hourly-1
same big host1 tank/a host2 tank/a

# A partial receive whose snapshot is gone is forgotten.
fill host1 tank/a big 8
begin 3 zrep sync tank/a
lab drop
ended 5
[[ $(prop host2 tank/a receive_resume_token) != - ]] || fail 'there is no partial receive'
prune host1 tank/a "$(snaps host1 tank/a | sed 's/.* //')"
synced
same big host1 tank/a host2 tank/a

# --- a bookmark of somebody else's ---
base=$(snaps host1 tank/a | sed 's/.* //')
on host1 zfs bookmark "tank/a@$base" tank/a#saved
on host1 sh -c 'zfs list -Hd 1 -t bookmark -o name tank/a | grep "#zrep_" | xargs -n 1 zfs destroy'
expect_status 0 zrep check
prune host1 tank/a "$base"
echo five | put host1 tank/a file
synced
[[ $(marks host1) == *saved* ]]

# --- they do not pile up ---
for i in 1 2 3 4 5 6 7 8 9; do
	echo "$i" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
done
[[ $(marks host1 | grep -c '^zrep_') -le 8 ]] || fail "$(marks host1)"
[[ $(marks host1) == *saved* ]]
[[ $(marks host1) == *"$(mark_of host1 "tank/a@$(snaps host1 tank/a | sed 's/.* //')")"* ]] || fail 'the base has none'

# --- fetched ---
prune host1 tank/a "$(snaps host1 tank/a | sed 's/.* //')"
echo six | put host1 tank/a file
expect_status 0 on host2 zrep refresh tank/a
same file host1 tank/a host2 tank/a

# --- a failover, and back ---
prune host1 tank/a "$(snaps host1 tank/a | sed 's/.* //')"
unchanged expect_status 0 zrep failover -n tank/a
expect_status 0 zrep failover tank/a
leads host2
prune host2 tank/a "$(snaps host2 tank/a | sed 's/.* //')"
expect_status 0 on host1 zrep takeover tank/a
leads host1
prune host1 tank/a "$(snaps host1 tank/a | sed 's/.* //')"
expect_status 0 on host1 zrep failover tank/a
leads host2

# --- without any in common it is refused as ever ---
on host2 sh -c 'zfs list -Hd 1 -t bookmark -o name tank/a | xargs -n 1 zfs destroy'
prune host2 tank/a $(snaps host2 tank/a)
echo seven | put host2 tank/a file
expect_status 3 on host2 zrep sync tank/a
says 'no snapshot in common'
