#!/bin/bash
# needs: userspace
# limit: 300
# The real Prometheus reads what node_exporter finds in two hosts' textfiles: an outage, the alert that comes of it and goes, and
# every query of the dashboard.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-prometheus.sh"

started=()
# shellcheck disable=SC2317
stop() { [[ ${#started[@]} -eq 0 ]] || kill "${started[@]}" 2>/dev/null || true; }
trap stop EXIT
free_port() {
	local port
	until port=$((20000 + RANDOM % 20000)) && ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}
run() { # NAME COMMAND...
	local log=$WORK/$1.log
	shift
	"$@" >"$log" 2>&1 &
	started+=($!)
}
api() { curl -sfG "http://127.0.0.1:$port/api/v1/$1" "${@:2}"; }
ask() { api query --data-urlencode "query=$1"; }
# number QUERY: its only value; nothing without one.
number() { ask "$1" | jq -r '.data.result[].value[1]'; }
asks() { [[ $(number "$1") == "$2" ]]; } # QUERY VALUE
# alert NAME: the state of that alert, of host1's tank/a; nothing where there is none.
alert() { api alerts | jq -r --arg name "$1" '.data.alerts[] | select(.labels.alertname == $name and .labels.dataset == "tank/a") | .state'; }
alerts() { [[ $(alert "$1") == "$2" ]]; } # NAME STATE
# tell: both hosts write their files, as cron would have them.
tell() {
	local host
	for host in host1 host2; do on $host zrep --timeout 2 metrics -c --output "$WORK/$host/zrep.prom"; done
}
telling() { tell; "$@"; }

mkdir "$WORK/host1" "$WORK/host2" "$WORK/prometheus"
pair
on host1 zfs set zrep:rpo=8s tank/a
tell

exporters=()
for host in host1 host2; do
	port=$(free_port)
	run "exporter-$host" prometheus-node-exporter --collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$WORK/$host" --web.listen-address="127.0.0.1:$port"
	exporters+=("$host=$port")
done
# The alerts as they are, but for how long they wait.
sed -E 's/^( +for:) .*/\1 1s/' "$examples/zrep.rules.yml" >"$WORK/prometheus/rules.yml"
{
	printf 'global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: zrep\n  static_configs:\n'
	for e in "${exporters[@]}"; do
		printf '  - {targets: ["127.0.0.1:%s"], labels: {instance: %s}}\n' "${e#*=}" "${e%=*}"
	done
} >"$WORK/prometheus/prometheus.yml"
promtool check config "$WORK/prometheus/prometheus.yml" || fail 'the configuration'
port=$(free_port)
run prometheus prometheus --config.file="$WORK/prometheus/prometheus.yml" --storage.tsdb.path="$WORK/prometheus/data" \
	--web.listen-address="127.0.0.1:$port"

# Both are read, and nothing is wrong with their files.
within 30 asks 'count(zrep_master)' 2
asks 'sum(node_textfile_scrape_error)' 0 || fail "node_exporter finds something: $(cat "$WORK"/exporter-*.log)"
is "$(number 'zrep_master{instance="host1"}')$(number 'zrep_master{instance="host2"}')" 10
is "$(number 'zrep_rpo_seconds{instance="host1",dataset="tank/a",tag="zrep",peer="host2:tank/a"}')" 8

# --- an outage ---

lab cut
echo "words" | put host1 tank/a file
expect_status 5 zrep --timeout 1 sync tank/a
within 60 telling alerts ZrepBehind firing
within 30 telling alerts ZrepFailing firing
is "$(number 'zrep_last_error{instance="host1",reason="unreachable"}')" 1
[[ $(number 'zrep_unsent_bytes{instance="host1"}') -gt 0 ]] || fail 'nothing is unsent'
lab join
on host1 zfs set zrep:rpo=1h tank/a
expect_status 0 zrep sync tank/a
within 30 telling alerts ZrepBehind ''
within 30 telling alerts ZrepFailing ''

# --- the role moves: who leads says so ---

expect_status 0 zrep failover tank/a
within 30 telling asks 'zrep_master{instance="host2"}' 1
within 30 telling alerts ZrepRoleMoved firing
is "$(api alerts | jq -r '.data.alerts[] | select(.labels.alertname == "ZrepRoleMoved") | .annotations.summary')" \
	'host2 has become the master of tank/a'

# A half-done change, as a crash leaves it.
on host2 zfs set 'zrep:switch=leaving 2' tank/a
within 30 telling alerts ZrepHalfMoved firing
expect_status 0 on host2 zrep sync tank/a
within 30 telling alerts ZrepHalfMoved ''

# --- the dashboard ---

on host2 zfs set zrep:rpo=1h tank/a
within 30 telling asks 'zrep_rpo_seconds{instance="host2"}' 3600
queries=0
while read -r query; do
	query=${query//\$__rate_interval/15s}
	query=${query//\$__interval/15s}
	query=${query//\$__range/1m}
	query=${query//\$instance/.*}
	query=${query//\$tag/.*}
	query=${query//\$dataset/.*}
	[[ $query != *\$* ]] || fail "what is this to be? $query"
	found=$(ask "$query") || fail "not a query: $query"
	is "$(jq -r .status <<<"$found")" success
	# What a zrep that stays counts, and the errors of now, are not there.
	[[ $query == *_total* || $query == *last_sync* || $query == zrep_last_error* || $query == changes* ||
		$(jq '.data.result | length' <<<"$found") -gt 0 ]] || fail "nothing comes of $query"
	queries=$((queries + 1))
done < <(jq -r '(.panels[].targets[].expr), (.annotations.list[].expr)' "$examples/grafana-zrep.json")
[[ $queries -ge 15 ]] || fail "only $queries queries"
echo "$queries queries of the dashboard"
is "$(jq -r '.templating.list[] | select(.type == "query") | .query.query' "$examples/grafana-zrep.json" | sort -u | paste -sd ' ')" \
	'label_values(zrep_master, dataset) label_values(zrep_master, instance) label_values(zrep_master, tag)'
is "$(api label/dataset/values | jq -r '.data | join(" ")')" tank/a
