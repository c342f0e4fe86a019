# shellcheck shell=bash
# Debian's prometheus and prometheus-node-exporter, unpacked and not installed, unless they are there.
examples=$(cd "$(dirname "$0")/../../examples/prometheus" && pwd)
if ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null || ! command -v prometheus-node-exporter >/dev/null; then
	programs=$("$(dirname "$(readlink -f "$LAB")")/zfs-debs" bookworm prometheus prometheus-node-exporter) ||
		fail 'no prometheus, and none to be had'
	PATH=$PATH:$programs/usr/bin
fi

# metrics HOST [ARG...]: what zrep metrics prints there is in $said, and promtool has nothing to say of it.
metrics() {
	local host=$1
	shift
	said=$(on "$host" zrep metrics "$@") || fail "zrep metrics: $?"
	printf '$ zrep metrics %s\n%s\n' "$*" "$said"
	promtool check metrics <<<"$said" || fail 'promtool finds something'
}
# value NAME [LABEL=VALUE...]: of the sample in $said of that name that has these labels; nothing without one.
value() {
	local line=$said label name=$1
	shift
	line=$(grep "^$name{" <<<"$line") || true
	for label; do line=$(grep -F "${label%%=*}=\"${label#*=}\"" <<<"$line") || true; done
	[[ $(grep -c . <<<"$line") -le 1 ]] || fail "several: $line"
	sed 's/.*} //' <<<"$line"
}
