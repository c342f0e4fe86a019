#!/bin/bash
# Hooks and filters that a change of the role would run, and could not: check and doctor tell them beforehand, of both hosts.
# needs: userspace
. "$(dirname "$0")/lib.sh"

pair
synced
expect_status 0 zrep check
hook host1 pre-demote <<<'exit 0'
hook host2 pre-promote <<<'exit 0'
hook host2 post-promote <<<'exit 0'
expect_status 0 zrep check
expect_status 0 zrep doctor tank/a

# what HOST HOOK CHMOD: as it is not to be.
what() { on "$1" sh -c "chmod $3 \"\$ZREP_HOOKS/$2\""; }
for case in 'host1 pre-demote 2' 'host2 pre-promote 2' 'host2 post-promote 1'; do
	read -r host hook status <<<"$case"
	what "$host" "$hook" 644
	for where in host1 host2; do
		unchanged expect_status "$status" on "$where" zrep check tank/a
		says "$hook on $host is not executable" "on $host: chmod +x "
		expect_status 1 on "$where" zrep doctor tank/a
		says "$hook on $host is not executable"
	done
	# It is so: what check calls critical is undone.
	if [[ $status -eq 2 ]]; then
		expect_status 1 zrep failover tank/a
		says 'is not executable'
		led_by host1
	fi
	what "$host" "$hook" 755
done
what host2 pre-promote 757
expect_status 2 zrep check
says 'can be changed by others' 'chmod go-w'
what host2 pre-promote 755

# It came from another system, or with carriage returns.
hook host2 pre-promote <<<'exit 0'
on host2 sh -c 'printf "#!/bin/sh\r\nexit 0\r\n" >"$ZREP_HOOKS/pre-promote"'
expect_status 2 zrep check tank/a
says 'a failover would be undone' '/pre-promote on host2 cannot be run: /bin/sh? is not there' 'correct its first line'
expect_status 1 zrep failover tank/a
led_by host1
hook host2 pre-promote <<<'exit 0'
expect_status 0 zrep check

# So with a filter: one that the next sync needs, and one that the first sync back does.
settings host2 'ZREP_INFILTER=no-such-filter -d'
expect_status 2 zrep check tank/a
says 'the next sync would fail: the filter "no-such-filter -d" (ZREP_INFILTER) on host2 is not there' 'install it on host2'
echo more | put host1 tank/a file
expect_status 1 zrep sync tank/a
settings host2 ZREP_OUTFILTER=/no/such/filter
expect_status 0 zrep sync tank/a
for where in host1 host2; do
	unchanged expect_status 1 on "$where" zrep check tank/a
	says 'after a failover, the first sync would fail: the filter "/no/such/filter" (ZREP_OUTFILTER) on host2 is not there'
	expect_status 1 on "$where" zrep doctor tank/a
	says '(ZREP_OUTFILTER) on host2 is not there'
done
settings host2 ZREP_OUTFILTER=cat
settings host1 ZREP_INFILTER=cat
expect_status 0 zrep check
expect_status 0 zrep failover tank/a
leads host2
