#!/bin/bash
# needs: userspace
# pre-snapshot and post-snapshot: what uses a dataset stands still while it is snapshotted, and goes on whatever comes of it.
. "$(dirname "$0")/lib.sh"

record() {
	hook "$1" "$2" <<-END
		echo "\$ZREP_HOOK \$ZREP_DATASET \$(zfs list -Hd 1 -t snapshot -o name "\$ZREP_DATASET" | wc -l)" >>'$WORK/log'
	END
}
recorded() {
	diff <(printf '%s' "${1:+$1$'\n'}") "$WORK/log" || fail 'other hooks were run'
	: >"$WORK/log"
}
touch "$WORK/log"

pair
record host1 pre-snapshot
record host1 post-snapshot
echo more | put host1 tank/a file
unchanged expect_status 0 zrep -n sync tank/a
says 'host1: run hook pre-snapshot for tank/a' 'host1: run hook post-snapshot for tank/a'
recorded ''
expect_status 0 zrep sync tank/a
recorded "pre-snapshot tank/a 1
post-snapshot tank/a 2"
# Nothing to send, no snapshot, no hook.
expect_status 0 zrep sync tank/a
recorded ''
# Fetched, they are run where the master is.
echo again | put host1 tank/a file
expect_status 0 on host2 zrep refresh tank/a
recorded "pre-snapshot tank/a 2
post-snapshot tank/a 3"
echo once more | put host1 tank/a file
expect_status 0 zrep snaponly tank/a
recorded "pre-snapshot tank/a 3
post-snapshot tank/a 4"

# One that fails: no snapshot; the other one is run all the same.
hook host1 pre-snapshot <<-END
	echo 'it does not want to' >&2
	exit 1
END
echo third | put host1 tank/a file
before=$(snaps host1 tank/a)
expect_status 1 zrep sync tank/a
says 'tank/a: the hook pre-snapshot on host1 failed with exit status 1: it does not want to' '-> '
is "$(snaps host1 tank/a)" "$before"
recorded "post-snapshot tank/a 4"

# One that does not end is ended.
hook host1 pre-snapshot <<-END
	sleep 60
END
expect_status 1 on host1 env ZREP_HOOK_TIMEOUT=1 zrep sync tank/a
says 'did not end within 1 seconds'
recorded "post-snapshot tank/a 4"

# A signal while it stands still: it goes on.
hook host1 pre-snapshot <<-END
	touch '$WORK/still'
	sleep 3
END
rm -f "$WORK/still"
on host1 sh -c 'echo $$ >"$1"; exec zrep sync tank/a' sh "$WORK/pid" >"$WORK/out" 2>&1 &
within 10 test -e "$WORK/still"
kill -TERM "$(<"$WORK/pid")"
wait $! || :
recorded "post-snapshot tank/a 4"
unhook host1
expect_status 0 zrep sync tank/a
same file host1 tank/a host2 tank/a

# A tree stands still as one, by its root; if that does not, nothing of it is snapshotted.
on host1 zfs create tank/t
on host1 zfs create tank/t/x
expect_status 0 zrep init -R tank/t host2 tank/t
record host1 pre-snapshot
record host1 post-snapshot
echo x | put host1 tank/t/x file
expect_status 0 zrep sync tank/t
recorded "pre-snapshot tank/t 1
post-snapshot tank/t 1"
hook host1 pre-snapshot <<-END
	exit 7
END
echo y | put host1 tank/t/x file
before=$(snaps host1 tank/t/x)
expect_status 1 zrep sync tank/t
says 'exit status 7'
is "$(snaps host1 tank/t/x)" "$before"
recorded "post-snapshot tank/t 1"
unhook host1

# Not executable: it is told, and nothing is done without it.
record host1 pre-snapshot
on host1 sh -c 'chmod -x "${ZREP_HOOKS:-/etc/zrep/hooks.d}/pre-snapshot"'
expect_status 1 zrep sync tank/t
says 'pre-snapshot on host1 is not executable'
