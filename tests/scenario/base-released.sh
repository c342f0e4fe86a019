# A master gives back the space that it keeps for a replica that is away, and goes on from the bookmark when that is back.
. "$(dirname "$0")/lib.sh"

marks() { on "$1" zfs list -Hd 1 -t bookmark -o name -s createtxg "${2:-tank/a}" | sed 's/.*#//'; }
pinned() { zrep --json status tank/a | jq '.datasets["tank/a"].pinned'; }

on host1 zfs create tank/a
fill host1 tank/a old 8
zrep init tank/a host2 tank/a
on host1 sh -c 'zfs set zrep:savecount=9 tank/a'
for i in 1 2; do
	echo "$i" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
done
# The data goes, zrep's snapshots have it still.
fill host1 tank/a old 8
on host1 zpool sync
on host1 zfs snapshot tank/a@daily
[[ $(pinned) -gt 7000000 ]] || fail "pinned $(pinned)"
expect_status 0 zrep status -v tank/a
says 'kept for the replica; `zrep expire --release tank/a` gives it back'
is "$(zrep --json status tank/a | jq '.datasets["tank/a"].releasable')" true

lab kill host2
expect_status 5 zrep doctor tank/a
says 'while the other side is away' '-> to give that space back: zrep expire --release tank/a'

# --- refused ---
refuses 2 zrep expire --release
on host1 sh -c 'zfs destroy tank/a#$1' sh "$(marks host1 | tail -n 1)"
state host1 >"$WORK/was"
expect_status 3 zrep expire --release tank/a
says 'has no bookmark'
diff "$WORK/was" <(state host1)
[[ $said =~ (zfs\ bookmark\ [^ ]+\ [^ $'\n']+) ]] || fail 'no line to follow'
on host1 sh -c "${BASH_REMATCH[1]}"
expect_status 0 zrep expire --release -n tank/a
says 'release tank/a@zrep_000002' 'destroy tank/a@zrep_000000' 'destroy tank/a@zrep_000002'
diff "$WORK/was" <(state host1)

# --- done ---
on host1 zfs destroy tank/a@daily
expect_status 0 zrep expire --release tank/a
is "$(snaps host1 tank/a)" ''
[[ $(marks host1) == *zrep_* ]]
[[ $(prop host1 tank/a usedbysnapshots) -lt 1000000 ]] || fail 'the space is not free'
expect_status 0 zrep expire --release tank/a
expect_status 5 zrep sync tank/a
is "$(snaps host1 tank/a)" ''

# --- and on ---
lab start host2
unchanged expect_status 1 zrep check tank/a
says 'have a bookmark in common, and no snapshot' 'on host1, zrep sync tank/a'
echo three | put host1 tank/a file
synced
expect_status 0 zrep check tank/a
same old host1 tank/a host2 tank/a
expect_status 0 zrep doctor tank/a
expect_status 3 on host2 zrep expire --release tank/a
says 'is a replica'
expect_status 0 zrep failover tank/a
leads host2
