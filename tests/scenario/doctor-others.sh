#!/bin/bash
# doctor, where there is nothing that it could mend: a change of role, somebody at work, the other side away.
. "$(dirname "$0")/lib.sh"

odd() {
	unchanged expect_status 1 zrep doctor tank/a
	says "$@"
}
json() { jq -r ".datasets.\"tank/a\" | $1" <<<"$said" | paste -sd ' '; }

pair
expect_status 0 zrep failover tank/a

# In a change; with snapshots that nobody sent; while somebody is at work.
on host2 zfs set zrep:switch='leaving 2' tank/a
odd 'tank/a on host2 is in the middle of a role change (leaving 2)' 'zrep doctor --fix tank/a finishes or undoes it'
on host2 zfs inherit zrep:switch tank/a
on host1 zfs snapshot tank/a@zrep_00ffff
odd 'the replica tank/a on host1 has zrep snapshots' '@zrep_00ffff' 'zrep sync -f tank/a'
on host1 zfs destroy tank/a@zrep_00ffff
expect_status 0 on host2 zrep failover tank/a
fill host1 tank/a big 12
begin 5 zrep sync tank/a
expect_status 4 zrep doctor tank/a
expect_status 4 on host2 zrep doctor --fix tank/a
go_on
ended 0

# The other side is away: this one is judged, and that is said.
lab kill host2
expect_status 5 zrep doctor tank/a
says 'tank/a: no findings on this side' 'only this side was looked at'
on host1 zfs set zrep:savecount=0 tank/a
expect_status 1 zrep doctor --fix tank/a
says 'savecount "0"' 'only this side was looked at'
expect_status 1 zrep --json --quiet doctor tank/a
is "$(json '.asked, (.findings | length)')" 'false 1'
