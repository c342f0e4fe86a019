#!/bin/bash
# What shells complete a command line with: verbs, options, datasets, hosts, tags; and nothing, silently, where it fails.
. "$(dirname "$0")/lib.sh"

# offers WORD... -- CANDIDATE...: these are all there are for the last word.
offers() {
	local words=()
	while [[ $1 != -- ]]; do words+=("$1"); shift; done
	shift
	said=$(on host1 zrep complete -- "${words[@]}" 2>&1) || fail "it failed: $said"
	is "$(cut -f 1 <<<"$said" | paste -sd ' ')" "$*"
}

offers sync ta --
offers init ta -- tank
pair
on host1 zfs create tank/plain
on host1 zfs create tank/b
expect_status 0 zrep -t second init tank/b host2 tank/other
offers st -- status
offers help snap -- snaponly
offers sync --max --
offers check --max -- --max-lag
offers sync '' -- tank/a all
offers sync tank/a '' -- tank/a
offers -t second sync '' -- tank/b all
offers sync -t second '' -- tank/b all
offers sync --tag second ta -- tank/b
offers -t '' -- second zrep
offers sync -q '' --
offers sync -q 10 ta -- tank/a
offers status -a tank/a ta -- tank/a
offers init tank/ -- tank/a tank/b tank/plain
offers init tank/plain '' -- host1 host2
offers init tank/plain host2 '' -- tank/plain
offers init tank/plain host2 tank/plain '' --
offers changeconfig '' -- tank/a
offers changeconfig tank/a host -- host1 host2
offers failover all '' -- host1 host2
offers version '' --
offers nonsense '' -- "$(on host1 zrep complete -- '' | cut -f 1 | paste -sd ' ')"
offers -t 'no tag' sync '' --
[[ $(on host1 zrep complete -- -) == *$'-S\tbring replicas up to date'* ]] || fail 'no shorthand'
[[ $(on host1 zrep complete -- sync -q) == *$'-q\tignore a dataset'* ]] || fail 'no explanation'

# It takes no lock, looks at no snapshot, and says nothing where there is no ZFS.
unchanged offers sync '' -- tank/a all
is "$(on host1 env PATH=/nonexistent "$(on host1 sh -c 'command -v zrep')" complete -- sync '' 2>&1)" "$(printf 'all\tall of them')"
