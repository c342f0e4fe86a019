#!/bin/bash
# doctor: says what is odd, and why; --fix mends what is nobody's decision.
. "$(dirname "$0")/lib.sh"

# odd TEXT...: it says each of these of tank/a; nothing is changed by that.
odd() {
	unchanged expect_status 1 zrep doctor tank/a
	says "$@"
}
# mends TEXT...: --fix does that; then nothing is odd.
mends() {
	expect_status 0 zrep doctor --fix tank/a
	says "$@"
	healthy
}
healthy() { for host in host1 host2; do expect_status 0 on $host zrep doctor tank/a; says 'tank/a: no findings'; done; }

expect_status 1 zrep doctor tank/a
says 'tank/a on host1 does not exist'
expect_status 2 zrep doctor
expect_status 2 zrep status --fix
pair
healthy
expect_status 3 zrep doctor tank
says 'tank on host1 is not replicated by zrep'
expect_status 1 zrep doctor tank/a tank/none
says 'tank/a: no findings' 'tank/none on host1 does not exist'

# Both sides are looked at, and mended, from either; -n shows how.
on host1 zfs inherit zrep:savecount tank/a
on host2 zfs set readonly=off zrep:savecount=none tank/a
on host2 zfs release zrep tank/a@zrep_000000
on host2 zfs inherit zrep:sent tank/a@zrep_000000
odd 'tank/a: note: tank/a on host1 has no savecount: 5 are kept' '-> zrep doctor --fix tank/a sets zrep:savecount=5' \
	'tank/a: warning: tank/a on host2: savecount "none" is no number' '-> on host2, zfs set zrep:savecount=5 tank/a' \
	'the replica tank/a on host2 is not read-only; nothing was written to it yet' \
	'tank/a@zrep_000000 on host2' 'is not held by zrep' 'is not marked as sent'
unchanged expect_status 0 zrep -n doctor --fix tank/a
says 'host1: set tank/a zrep:savecount=5' 'host2: hold tank/a@zrep_000000' 'host2: set tank/a readonly=on'
json() { jq -r ".datasets.\"tank/a\" | $1" <<<"$said" | paste -sd ' '; }
expect_status 1 on host2 zrep --json doctor tank/a
is "$(json '.asked, (.findings | length), (.mended | length), .findings[0].level')" 'true 5 0 warning'
expect_status 1 on host2 zrep --json doctor --fix tank/a
is "$(json '(.findings | length), (.mended | length), .findings[0].remedy')" '1 4 on host2, zfs set zrep:savecount=5 tank/a'
odd 'savecount "none"'
says_not 'note:'
on host2 zfs set zrep:savecount=5 tank/a
healthy
is "$(prop host2 tank/a readonly) $(holds host2 tank/a@zrep_000000)" 'on zrep'
is "$(prop host1 tank/a@zrep_000000 zrep:sent)" "$(prop host2 tank/a@zrep_000000 zrep:sent)"

# A replica that was written to is somebody's decision.
on host2 zfs set readonly=off tank/a
echo mine | put host2 tank/a file
on host2 zpool sync tank
odd 'is not read-only, and ' 'were written to it' 'zrep rejoin tank/a'
unchanged expect_status 1 zrep doctor --fix tank/a
expect_status 0 zrep sync -f tank/a
mends 'mended: the replica tank/a on host2 is not read-only'

# Somebody else's hold is no hold of ours.
last=$(snaps host1 tank/a | grep -o '[^ ]*$')
on host1 zfs hold backup "tank/a@$last"
on host1 zfs release zrep "tank/a@$last"
odd "tank/a@$last on host1" 'only by somebody else'
mends "mended: tank/a@$last"
is "$(holds host1 "tank/a@$last" | xargs -n 1 | sort | paste -sd ' ')" 'backup zrep'
on host1 zfs release backup "tank/a@$last"

# The text of the pair is half gone; the other side has it. What it does not have is not guessed.
on host2 zfs inherit zrep:src-fs tank/a
odd 'serious: tank/a on host2 lacks zrep:src-fs, which tank/a on host1 has'
mends 'sets zrep:src-fs=tank/a'
for p in dest-host dest-fs; do on host1 zfs inherit zrep:$p tank/a; done
unchanged expect_status 1 on host2 zrep doctor tank/a
odd 'tank/a on host1 lacks zrep:dest-host, zrep:dest-fs, and the other side does not say'
on host1 zfs set zrep:dest-host=host2 tank/a
mends 'sets zrep:dest-fs=tank/a'
on host2 zfs inherit zrep:src-fs tank/a
on host1 zfs inherit zrep:dest-fs tank/a
odd 'lacks zrep:dest-fs, and the other side does not say'
unchanged expect_status 1 zrep doctor --fix tank/a
on host1 zfs set zrep:dest-fs=tank/a tank/a
mends 'sets zrep:src-fs=tank/a'
leads host1

# What is nobody's business is named. (And what is kept is left.)
echo 'the loser' | put host1 tank/a file
expect_status 0 on host2 zrep -y takeover -L tank/a
expect_status 0 on host2 zrep rejoin tank/a
kept=$(kept host1)
odd "note: $kept on host1 preserves what only this side had before it was reverted: " ' KiB' "zfs destroy -r $kept"
expect_status 1 zrep doctor --fix tank/a
has host1 "$kept"
on host1 zfs destroy -r "$kept"
on host1 zfs set zrep:colour=green tank/a
odd 'tank/a on host1 has the property zrep:colour' 'zfs inherit zrep:colour tank/a'
expect_status 1 zrep doctor --fix tank/a
is "$(prop host1 tank/a zrep:colour)" green
on host1 zfs inherit zrep:colour tank/a
healthy
leads host2
