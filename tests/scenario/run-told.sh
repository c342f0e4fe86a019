#!/bin/bash
# zrep run and the hook event: what it is told of a host that is away, as sync and refresh would tell it; and that a hook which
# takes its time holds up nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

told_of() { on "$1" grep -qE "^$2" "$WORK/events.$1"; }
stored() { [[ $(on "$1" zfs get -Hpo value zrep:error "$2") == *"$3"* ]]; }
for ds in a b; do pair tank/$ds; done
on host1 zfs set zrep:rpo=3s tank/a
for host in host1 host2; do
	settings $host ZREP_HOOK_TIMEOUT=600
	hook $host event <<-END
		echo "\$ZREP_EVENT \$ZREP_DATASET \$ZREP_REASON \$ZREP_OTHERS" >>"$WORK/events.$host"
		[ "\$ZREP_REASON" != changed ] || until [ -e "$WORK/wake" ]; do sleep 0.2; done
		echo "\$ZREP_EVENT \$ZREP_DATASET \$ZREP_REASON is over" >>"$WORK/events.$host"
	END
	: >"$WORK/events.$host"
done

# One of tank/a's that takes long: tank/b goes on, and so does tank/a.
stays host1 --every 1s
arrives one host1 host2
arrives one host1 host2 tank/b
spoil host2 tank/a theirs
echo two | put host1 tank/a file
within 20 told_of host1 'sync-failed tank/a changed'
for text in two three four; do arrives $text host1 host2 tank/b; done
unspoil host2 tank/a theirs
within 40 has_text host2 tank/a two
! told_of host1 'sync-failed tank/a changed is over' || fail 'the hook did not take long'
touch "$WORK/wake"
within 10 told_of host1 'sync-failed tank/a changed is over'
within 10 told_of host1 'sync-recovered tank/a'
# It ends at once while one runs.
rm "$WORK/wake"
: >"$WORK/events.host1"
spoil host2 tank/a theirs
echo three | put host1 tank/a file
within 20 told_of host1 'sync-failed tank/a changed'
leaves host1
touch "$WORK/wake"
unspoil host2 tank/a theirs

# The other side is away: each that was written is told of, and that it is late.
stays host1 --every 1s
within 40 has_text host2 tank/a three
arrives five host1 host2 tank/b
: >"$WORK/events.host1"
lab kill host2
echo four | put host1 tank/a file
within 30 told_of host1 'sync-failed tank/a unreachable'
echo six | put host1 tank/b file
within 40 told_of host1 'rpo-missed tank/a unreachable'
within 40 stored host1 tank/b unreachable
# By itself, or with the other, where they were found at once.
cat "$WORK/events.host1"
within 5 told_of host1 'sync-failed (tank/a unreachable )?tank/b'
is "$(grep -v over "$WORK/events.host1" | grep -c "^sync-failed .*tank/b")" 1
expect_status 1 zrep status -m tank/b
lab start host2
within 60 has_text host2 tank/a four
within 20 has_text host2 tank/b six
within 10 told_of host1 'rpo-met tank/a'
within 10 stored host1 tank/b -
leaves host1

# The same of what is fetched.
on host2 zfs set zrep:rpo=3s tank/a
stays host2 --pull --every 1s
arrives seven host1 host2
lab kill host1
within 40 told_of host2 'sync-failed tank/a unreachable'
within 40 told_of host2 'rpo-missed tank/a unreachable'
within 10 stored host2 tank/b unreachable
lab start host1
within 60 stored host2 tank/b -
arrives eight host1 host2
within 20 told_of host2 'rpo-met tank/a'
leaves host2
