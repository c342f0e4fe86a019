#!/bin/bash
# What becomes of the role is on record on both sides, whichever of them is asked: planned, undone, forced, superseded, back
# again, a split brain.
# limit: 240
. "$(dirname "$0")/lib.sh"

# changes HOST [DATASET]: what is on record there, in a line: CHANGE:FROM>TO:EPOCH.
changes() {
	on "$1" zrep --json history "${2:-tank/a}" | jq -r '[.datasets[].history[] |
		"\(.change):\(.from // "-" | sub(":.*"; ""))>\(.to // "-" | sub(":.*"; "")):\(.epoch // "-")"] | join(" ")'
}
# last HOST EXPRESSION: of the newest entry there.
last() { on "$1" zrep --json history tank/a | jq -c ".datasets.\"tank/a\".history[-1] | $2"; }
# alike: both sides have the same on record.
alike() { is "$(prop host1 tank/a zrep:history)" "$(prop host2 tank/a zrep:history)"; }
written() { echo "words $RANDOM" | put "$1" tank/a file; }

pair
expect_status 0 zrep history tank/a
says 'nothing is on record on host1'
is "$(zrep --json history | jq -c '.datasets."tank/a".history')" '[]'

# --- planned ---

written host1
expect_status 0 on host1 env SUDO_USER=joe zrep failover tank/a
is "$(changes host1)" 'planned:host1>host2:1'
alike
is "$(last host2 .by)" "$(last host1 .by)"
[[ $(last host2 .by) == *'(joe)@host1"' ]] || fail "asked by $(last host2 .by)"
is "$(last host2 '[.unsent_bytes, .from, .to, .time > 1700000000, .readonly_ms > 0, .readonly_ms < 60000]')" \
	'[0,"host1:tank/a","host2:tank/a",true,true,true]'
# (jq would round it.)
is "$(on host2 zrep --json history tank/a | grep -oE '"fork": ?[0-9]+' | grep -oE '[0-9]+$')" "$(prop host2 tank/a zrep:fork)"
expect_status 0 zrep history tank/a
says TIME CHANGE 'planned' 'READ-ONLY'
[[ $(wc -L <<<"$said") -le 110 ]] || fail 'lines are too long'
expect_status 0 zrep history -v
says 'planned: the role moved as planned' 'from        host1:tank/a' 'to          host2:tank/a' '(joe)@host1' 'went on at'
expect_status 0 zrep history
says DATASET tank/a
on host2 zrep --quiet failover tank/a
is "$(changes host2)" 'planned:host1>host2:1 planned:host2>host1:2'
alike

# --- undone: only the side that was to make way knows, until it sends something ---

echo 'exit 1' | hook host1 pre-demote
expect_status 1 zrep failover tank/a
unhook host1
is "$(last host1 '[.readonly_ms, .to]')" '[null,"host2:tank/a"]'
is "$(changes host1)" 'planned:host1>host2:1 planned:host2>host1:2 undone:host1>host2:3'
is "$(changes host2)" 'planned:host1>host2:1 planned:host2>host1:2'
written host1
expect_status 0 zrep sync tank/a
is "$(changes host2)" 'planned:host1>host2:1 planned:host2>host1:2 undone:host1>host2:3'
alike

# --- forced, superseded, back ---

written host1
expect_status 0 on host2 zrep -y takeover -L tank/a
is "$(changes host2)" 'planned:host1>host2:1 planned:host2>host1:2 undone:host1>host2:3 forced:host1>host2:103'
is "$(last host2 '.behind < 600')" true
before=$(prop host2 tank/a zrep:history)
sleep 1 # what is of one second stands by its epoch
for i in 1 2; do
	expect_status 3 zrep sync tank/a
	is "$(changes host1)" 'planned:host1>host2:1 planned:host2>host1:2 undone:host1>host2:3 superseded:host1>host2:2'
done
is "$(last host1 '.unsent_bytes > 0')" true
is "$(prop host2 tank/a zrep:history)" "$before"
# What only looks puts nothing on record.
unchanged expect_status 2 zrep check tank/a
expect_status 0 zrep -n rejoin tank/a
is "$(last host1 .change)" '"superseded"'
expect_status 0 zrep rejoin tank/a
all='planned:host1>host2:1 planned:host2>host1:2 undone:host1>host2:3 forced:host1>host2:103'
is "$(changes host1)" "$all superseded:host1>host2:2 rejoined:host1>host2:103"
is "$(last host1 .preserved)" "\"$(kept host1)\""
is "$(last host1 '.unsent_bytes > 0')" true
# What is kept aside is nobody's, and has no record.
is "$(prop host1 "$(kept host1)" zrep:history)" -
written host2
expect_status 0 on host2 zrep sync tank/a
alike
is "$(changes host2)" "$all superseded:host1>host2:2 rejoined:host1>host2:103"

# --- given up ---

written host2
expect_status 0 on host2 zrep -y failover -L --discard tank/a
is "$(last host2 '[.change, .from, .to, .epoch, .destroyed]')" '["given-up","host2:tank/a",null,104,true]'
sleep 1
expect_status 0 zrep takeover tank/a
is "$(last host1 .change)" '"planned"'
alike

# --- split brain ---

written host1
expect_status 0 zrep sync tank/a
alike
expect_status 0 on host2 zrep -y takeover -L tank/a
on host1 zfs set "zrep:epoch=$(prop host2 tank/a zrep:epoch)" tank/a
expect_status 3 zrep sync tank/a
says 'split brain'
expect_status 3 on host2 zrep sync tank/a
for host in host1 host2; do
	is "$(last $host .change)" '"split-brain"'
	expect_status 0 on $host zrep history tank/a
	says split-brain
done
expect_status 0 zrep rejoin --force tank/a
written host2
expect_status 0 on host2 zrep sync tank/a
alike
is "$(changes host1 | grep -o split-brain: | wc -l)" 2

# --- what is not its own, or cannot be read ---

on host1 zfs create tank/a/below
expect_status 1 zrep history tank/a/below
says 'is not replicated by zrep'
on host2 zfs set 'zrep:history=junk;1 planned epoch=x;1700000000 planned from=h1:a to=h2:a epoch=7 by=%1b[31m;%;=' tank/a
expect_status 0 on host2 zrep history tank/a
says_not 'junk'
is "$(changes host2)" ''
on host2 zfs set 'zrep:history=1700000000 planned from=h1:a%20b to=h2:a epoch=7 by=joe@h1' tank/a
is "$(last host2 .from)" '"h1:a b"'
head -c 7000 /dev/zero | tr '\0' x >"$WORK/long"
on host2 zfs set "zrep:history=$(<"$WORK/long")" tank/a
is "$(changes host2)" ''
written host2
expect_status 0 on host2 zrep sync tank/a
is "$(prop host2 tank/a zrep:history)" "$(prop host1 tank/a zrep:history)"

# --- it is not without end ---

for i in $(seq 1 40); do
	printf '%d planned from=host1:tank/a to=host2:tank/a epoch=%d by=somebody@host1;' $((1600000000 + i)) "$i"
done >"$WORK/many"
on host2 zfs set "zrep:history=$(sed 's/;$//' "$WORK/many")" tank/a
written host2
expect_status 0 on host2 zrep sync tank/a
alike
text=$(prop host1 tank/a zrep:history)
[[ ${#text} -le 3000 && ${#text} -gt 2700 ]] || fail "${#text} bytes"
[[ $text == *rejoined* && $text == *epoch=40* && $text != *'1600000001 '* ]] || fail "the oldest should go: $text"

# --- it goes with the pair ---

expect_status 0 on host2 zrep clear -f tank/a
is "$(prop host2 tank/a zrep:history)" -
