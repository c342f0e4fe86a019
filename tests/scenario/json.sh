#!/bin/bash
# What every verb prints with --json, where it goes well and where it does not: one object of the shape of zrep-json(5),
# nothing in it that is not described there, and the exit status.
# limit: 240
. "$(dirname "$0")/lib.sh"

manual=$(cd "$(dirname "$0")/../../man" && pwd)/zrep-json.5
fields=$(sed -n 's/^\.It Va //p' "$manual" | tr -d ' ' | tr , '\n' | jq -R . | jq -cs .)
reasons=$(sed -n '/^\.Sh REASONS/,/^\.Sh STABILITY/s/^\.It //p' "$manual" | jq -R . | jq -cs .)

# What is wrong with a document; nothing if it is as it should be. Names of datasets, snapshots, properties and verbs are
# no fields.
judge() { # STATUS VERB
	jq -r --argjson status "$1" --arg verb "$2" --argjson fields "$fields" --argjson reasons "$reasons" '
		def error: (.kind | IN("failed", "usage", "refused", "busy", "unreachable")) and (.reason | IN($reasons[])) and
			(.text | type == "string" and length > 0) and (.remedy | type | IN("string", "null"));
		def fieldnames: if type == "array" then .[] | fieldnames
			elif type == "object" then to_entries[] | .key,
				(.key as $k | .value | if $k | IN("datasets", "snapshots", "verbs") then .[]? | fieldnames
					elif $k == "properties" then empty else fieldnames end)
			else empty end;
		if (keys_unsorted - (keys_unsorted - ["schema", "verb", "host", "exit", "datasets", "errors"]) | length) != 6
			then "the keys are \(keys_unsorted)" else empty end,
		if .schema != 1 then "the schema is \(.schema)" else empty end,
		if .verb != $verb then "the verb is \(.verb)" else empty end,
		if .host != "host1" and .host != "host2" then "the host is \(.host)" else empty end,
		if .exit != $status then "the exit is \(.exit), not \($status)" else empty end,
		if (.datasets | type) != "object" or (.errors | type) != "array" then "no datasets or errors" else empty end,
		(.datasets | to_entries[] | if (.value.exit | type) != "number" then "\(.key) has no exit" else empty end),
		(.datasets | to_entries[] | if .value.error and (.value.error | error | not) then "the error of \(.key)" else empty end),
		(.datasets | to_entries[] | if .value.error and .value.exit == 0 then "\(.key) failed and has exit 0" else empty end),
		(.errors[] | if error then empty else "an error: \(.)" end),
		if .verb != "uptodate" and .verb != "doctor" and .verb != "check" and (.verb != "status" or .exit < 2) and
			(.exit != 0) != (.errors + [.datasets[].error | select(.)] | length > 0) and .verb != "status"
			then "exit \(.exit), and the errors do not say why" else empty end,
		(.. | objects | to_entries[] | if .value == null then "\(.key) is null" else empty end),
		([fieldnames] | unique - $fields | if length > 0 then "not in zrep-json(5): \(.)" else empty end)'
}

# json STATUS VERB CMD...: $said is the object.
json() {
	local want=$1 verb=$2 got=0 wrong
	shift 2
	said=$("$@" 2>"$WORK/err") || got=$?
	printf '$ %s\n%s\n[%d]\n' "$*" "$said" "$got"
	cat "$WORK/err"
	[[ $got -eq $want ]] || fail "status $got, not $want: $*"
	is "$(jq -s length <<<"$said")" 1
	wrong=$(judge "$got" "$verb" <<<"$said")
	[[ -z $wrong ]] || fail "$*: $wrong"
}
# has EXPRESSION...: each of them is true of the object.
true_of() { local e; for e; do is "$e: $(jq "$e" <<<"$said")" "$e: true"; done; }

# --- nothing there yet ---

json 0 version zrep --json version
true_of '.version | type == "string"' '.protocol | type == "number"'
json 0 help zrep --json help
true_of '.verbs.sync.options | index("-f") != null'
json 0 help zrep help sync --json
json 0 sync zrep sync --help --json
json 2 help zrep --json help sink
json 2 '' zrep --json
json 2 '' zrep sink --json
json 2 sync zrep --json sync
json 2 sync zrep sync --sink tank/a --json
true_of '.errors[0].kind == "usage"' '.datasets == {}'
for verb in sync refresh snaponly synconly status doctor check list history metrics lastsent uptodate failover takeover rejoin pause unpause \
	expire clear; do
	case $verb in check) status=3 ;; *) status=1 ;; esac
	json $status $verb zrep --json $verb tank/none
done
json 0 status zrep --json status
json 3 status zrep --json status -m
json 3 check zrep --json check
json 3 check zrep --json check --max-lag soon
json 0 list zrep --json list
json 0 history zrep --json history
json 0 metrics zrep --json metrics
json 0 sync zrep --json sync all
json 3 failover zrep --json failover all
json 2 failover zrep --json failover tank/a@x
json 1 init zrep --json init tank/none host2 tank/a
json 2 init zrep --json init tank/a@ host2 tank/a
json 2 sentsync zrep --json sentsync tank/a
json 1 sentsync zrep --json sentsync tank/none@x
json 1 changeconfig zrep --json changeconfig tank/none host2 tank/a
json 2 allow zrep --json allow tank/a

# --- a pair, and a tree ---

for d in a t t/x; do on host1 zfs create "tank/$d" && echo words | put host1 "tank/$d" file; done
json 0 init zrep -n --json init tank/a host2 tank/a
true_of '.datasets."tank/a".plan | length > 3'
json 0 init zrep --json init tank/a host2 tank/a
true_of '.datasets."tank/a" | .host == "host2" and .destination == "tank/a" and .status == "sent" and .bytes > 0 and .exit == 0'
json 0 init zrep --json init -R tank/t host2 tank/t
true_of '.datasets | keys == ["tank/t", "tank/t/x"]'
json 0 allow zrep --json allow --user joe tank/a
true_of '.datasets."tank/a".sides | length == 2 and .[0].exists == true and .[0].host == "host1"'
echo more | put host1 tank/a file
json 1 uptodate zrep --json uptodate tank/a
true_of '.datasets."tank/a".uptodate == false'
json 0 sync zrep --json -n sync all
json 0 snaponly zrep --json snaponly tank/a
json 0 synconly zrep --json synconly tank/a
json 0 sync zrep --json --quiet sync all
true_of '.datasets."tank/a".status == "unchanged"' '.datasets | length == 3'
json 0 refresh on host2 zrep --json refresh all
json 0 uptodate zrep --json uptodate tank/a
true_of '.datasets."tank/a".uptodate == true'
json 0 lastsent zrep --json lastsent tank/a
true_of '.datasets."tank/a".guid > 0'
json 0 status zrep --json status -v
true_of '.datasets."tank/a" | .paused == false and .role == "master" and .peer == "host2:tank/a"'
json 0 status zrep --json status -m
json 0 check zrep --json check
true_of '.datasets."tank/a" | .state == "ok" and .exit == 0'
json 0 doctor zrep --json doctor tank/a tank/t
true_of '.datasets."tank/a" | .asked == true and .findings == [] and .mended == []'
json 0 list zrep --json list
true_of '.datasets."tank/a" | .master == true and .properties."zrep:dest-fs" == "tank/a"' \
	'[.datasets."tank/a".snapshots[].held] | sort == [false, true] or . == [false, false, true]'
json 0 expire zrep --json expire
json 0 pause zrep --json pause tank/a
json 3 sync zrep --json sync tank/a
true_of '.datasets."tank/a".error.kind == "refused"'
json 0 status zrep --json status
true_of '.datasets."tank/a".paused == true'
json 0 unpause zrep --json unpause tank/a
json 5 sync on host1 env SSH=false zrep --json sync tank/a
json 5 sync on host1 env SSH=false zrep --json sync all
true_of '.datasets | length == 3'
json 0 status zrep --json status tank/a
true_of '.datasets."tank/a".last_error | .time > 1000000000 and (.text | length > 0)'
json 5 doctor on host1 env SSH=false zrep --json doctor tank/a
true_of '.datasets."tank/a".asked == false'

# --- roles ---

json 0 failover zrep -n --json failover tank/a
json 0 failover zrep --json failover tank/a
true_of '.datasets."tank/a" | .status == "moved" and .role == "replica" and .epoch == 1 and .peer == "host2:tank/a"'
json 0 history zrep --json history tank/a
true_of '.datasets."tank/a".history | length == 1 and .[0].change == "planned" and .[0].to == "host2:tank/a"'
json 0 metrics zrep --json metrics -c
true_of '.datasets."tank/a".role == "replica"'
json 0 takeover zrep --json takeover all host2
true_of '.datasets."tank/a".status == "moved"'
json 0 takeover on host2 zrep --json -y takeover -L tank/a
json 3 sync zrep --json sync tank/a
json 2 check zrep --json check tank/a
true_of '.datasets."tank/a".findings[0].level == "critical"' '.datasets."tank/a".exit == 2'
json 0 rejoin zrep --json -n rejoin tank/a
json 0 rejoin zrep --json rejoin tank/a
true_of '.datasets."tank/a".status == "rejoined"'
json 0 failover on host2 zrep --json failover tank/a

# --- the other side goes elsewhere, and the end ---

json 0 sync zrep --json -y sync "tank/a@$(snaps host1 tank/a | tr ' ' '\n' | tail -n 1)"
true_of '.datasets."tank/a".status == "back"'
json 3 clear zrep --json clear tank/a
json 0 changeconfig zrep --json changeconfig tank/a host2 tank/b
true_of '.datasets."tank/a".destination == "tank/b"'
json 3 sentsync zrep --json sentsync "tank/a@$(snaps host1 tank/a | tr ' ' '\n' | tail -n 1)"
json 0 clear zrep --json clear -f tank/a
true_of '.datasets."tank/a".status == "cleared"'
