#!/bin/bash
# zrep run --pull fetches for the replicas of its host; and a tree is kept whole.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

on host1 zfs create tank/t
on host1 zfs create tank/t/x
echo first | put host1 tank/t/x file
expect_status 0 zrep init -R tank/t host2 tank/t
pair tank/a
stays host2 --pull --every 1s
told host2 'fetches 2 datasets'
arrives one host1 host2
arrives two host1 host2 tank/t/x
# What is new in the tree.
on host1 zfs create tank/t/y
arrives three host1 host2 tank/t/y
on host1 zfs snapshot tank/a@mine
within 10 has host2 tank/a@mine
leaves host2

stays host1 --every 1s
told host1 'looks after 2 datasets'
arrives four host1 host2 tank/t/y
on host1 zfs create tank/t/z
arrives five host1 host2 tank/t/z
leaves host1

# How it stands, and what was counted, in a file for a collector.
stays host1 --every 1s --metrics "$WORK/zrep.prom"
arrives six host1 host2
within 30 grep -q '^zrep_rounds_total{dataset="tank/a"' "$WORK/zrep.prom"
grep -q '^zrep_master{dataset="tank/a",.*} 1$' "$WORK/zrep.prom" || fail "no role: $(cat "$WORK/zrep.prom")"
leaves host1

# What it says as values.
expect_status 2 zrep run --log nowhere
on host1 sh -c 'echo $$ >"$1"; exec zrep -v run --every 1s --log json' sh "$WORK/pid" >"$WORK/json" 2>"$WORK/err" &
within 10 grep -q '"event":"ready"' "$WORK/json"
arrives seven host1 host2
spoil host2 tank/a theirs
echo eight | put host1 tank/a file
# (Asked for its file just when it receives, a host says that the dataset is in use.)
within 20 grep -q '"reason":"changed"' "$WORK/json"
unspoil host2 tank/a theirs
within 40 grep -q '"event":"recovered"' "$WORK/json"
kill -TERM "$(<"$WORK/pid")"
within 5 gone "$(<"$WORK/pid")"
is "$(jq -rs '.[] | select(.event == "failed" and .reason != "in-use") | [.dataset, .tag, .peer, .reason] | join(" ")' "$WORK/json" | head -n 1)" 'tank/a zrep host2 changed'
jq -es 'map(select(.event == "sent" and .dataset == "tank/a" and .bytes > 0 and .snapshot != null)) | length > 0' "$WORK/json" >/dev/null ||
	fail "nothing was sent: $(cat "$WORK/json")"
is "$(cat "$WORK/err")" ''
