#!/bin/bash
# Settings come from a file where neither the environment nor the command line says otherwise; it is read, not run.
# needs: userspace
. "$(dirname "$0")/lib.sh"

conf=$WORK/defaults
with() { on host1 env ZREP_DEFAULTS="$conf" "$@"; }

cat >"$conf" <<'END'
# our pairs
export ZREPTAG='second'
SSH="ssh -o ConnectTimeout=20"
UNRELATED=1
END
on host1 zfs create tank/a
expect_status 0 with zrep init tank/a host2 tank/a
is "$(prop host1 tank/a second:master)" yes
expect_status 0 with zrep status
says tank/a
expect_status 0 with env ZREPTAG=zrep zrep status
says 'no dataset on host1'
expect_status 0 with zrep -t zrep status
says 'no dataset on host1'

# A mistake in it stops everything but the help.
echo "ZREPTAG=\$(touch $WORK/ran)" >"$conf"
refuses_file() { expect_status 2 with zrep "$@"; says "$conf: line 1" 'not by a shell'; }
refuses_file sync tank/a
refuses_file status
expect_status 3 with zrep check
expect_status 0 with zrep help
[[ ! -e $WORK/ran ]] || fail 'it was executed'
echo 'ZREP_TGA=x' >"$conf"
expect_status 2 with zrep status
says 'there is no setting ZREP_TGA'

# Nor does a file count that others can change.
echo 'ZREPTAG=second' >"$conf"
chmod o+w "$conf"
expect_status 2 with zrep status
says 'can be changed by others' '-> chmod go-w'
chmod o-w "$conf"
expect_status 0 with zrep status
says tank/a
expect_status 2 on host1 env ZREP_INC_FLAG=-x zrep status
says 'ZREP_INC_FLAG is -i or -I'
expect_status 2 on host1 env ZREP_SAVE_COUNT=none zrep status
says 'ZREP_SAVE_COUNT'
for bad in none 0 3601 -1 5s; do
	expect_status 2 on host1 env ZREP_TIMEOUT=$bad zrep status
	says "ZREP_TIMEOUT is a number from 1 to 3600, not \"$bad\""
done
expect_status 0 on host1 env ZREP_TIMEOUT=3600 zrep status
expect_status 2 on host1 env ZREP_CONNECTIONS=10 zrep status
says 'ZREP_CONNECTIONS is a number from 1 to 9, not "10"'
expect_status 2 on host1 env ZREP_SRC_HOST='bad host' zrep status
says ZREP_SRC_HOST
# Whoever means "none" by it is not told to change /dev/null.
for none in /dev/null "$WORK"; do
	expect_status 2 on host1 env ZREP_DEFAULTS="$none" zrep status
	says "$none is no file" 'one that does not exist'
	says_not chmod
done
