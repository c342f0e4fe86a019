#!/bin/bash
# Two tags on one dataset: both may send from it at once; what changes it as a whole, under whichever tag, is alone.
. "$(dirname "$0")/lib.sh"

pair
expect_status 0 zrep -t two init tank/a host2 tank/two

# While tag zrep sends, tag two sends as well.
fill host1 tank/a big 16
begin 8 zrep sync tank/a
expect_status 0 zrep -t two --quiet sync tank/a
same big host1 tank/a host2 tank/two
expect_status 0 zrep -t two doctor tank/a
expect_status 0 zrep -t two expire tank/a
# A role, a rollback and a clone are of the whole dataset.
for verb in 'failover tank/a' 'failover -L tank/a'; do
	# shellcheck disable=SC2086
	expect_status 4 zrep -y -t two $verb
	says 'tank/a on host1 is busy: zrep -t zrep, pid'
done
expect_status 4 on host2 zrep -y -t two takeover tank/a
says 'tank/a on host2 is busy: zrep -t zrep, pid'
go_on
ended 0
same big host1 tank/a host2 tank/a

# It is passed on from where it is being received.
on host2 zrep -t on init tank/a host1 tank/c >/dev/null
fill host1 tank/a big 16
begin 8 zrep sync tank/a
expect_status 0 on host2 zrep -t on sync tank/a
# But nobody else receives into it, nor rolls it back.
expect_status 4 on host2 zrep -y -t on rejoin tank/a
go_on
ended 0
expect_status 0 on host2 zrep -t on sync tank/a
same big host1 tank/a host1 tank/c
for tag in two on; do
	on host1 zrep -y -t $tag clear -f tank/a >/dev/null 2>&1 || true
	on host2 zrep -y -t $tag clear -f tank/a >/dev/null 2>&1 || true
done

# A role change that waits in a hook: everybody else finds it busy, whatever his tag.
hooks=$(on host1 printenv ZREP_HOOKS)
printf '#!/bin/sh\ntouch %s/waiting\nwhile [ -e %s/waiting ]; do sleep 0.1; done\n' "$WORK" "$WORK" |
	on host1 sh -c "mkdir -p '$hooks' && cat >'$hooks/pre-demote' && chmod +x '$hooks/pre-demote'"
zrep failover tank/a >"$WORK/log" 2>&1 &
first=$!
for ((i = 0; i < 200; i++)); do
	[[ ! -e $WORK/waiting ]] || break
	sleep 0.1
done
expect_status 4 zrep -t three init tank/a host2 tank/three
says 'tank/a on host1 is busy: zrep -t zrep, pid'
expect_status 4 zrep -t zrep failover tank/a
hasnt host2 tank/three
rm "$WORK/waiting"
wait $first || { cat "$WORK/log"; fail 'the first failover did not come to its end'; }
is "$(prop host2 tank/a zrep:master)" yes
on host1 rm "$hooks/pre-demote"
