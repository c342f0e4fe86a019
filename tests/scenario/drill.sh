#!/bin/bash
# zrep drill rehearses a failover on clones: of a dataset and of a tree, with the operator's hook; nothing of the pair is changed,
# nothing stays, and replication goes on.
. "$(dirname "$0")/lib.sh"

d() { on host2 zrep drill "$@"; }
clones() { on host2 zfs list -Ho name -r tank | grep _drill_ || true; }

pair
write() { echo "$2" | put "$1" tank/a file; }
write host1 one
expect_status 0 zrep sync tank/a
expect_status 3 zrep drill tank/a
says 'is the master' 'on host2, zrep drill tank/a'
expect_status 1 d tank/none
unchanged expect_status 0 d -n tank/a
says 'clone tank/a@zrep_000001 as tank/a_drill_' 'destroy tank/a_drill_'
expect_status 0 d tank/a
says 'a failover would have @zrep_000001' 'there is no hook drill'
is "$(clones)" ''
[[ $(prop host2 tank/a zrep:drill) =~ ^[0-9]+' ok '[0-9]+' '[0-9]+$ ]] || fail "noted: $(prop host2 tank/a zrep:drill)"
expect_status 0 on host2 zrep history -v tank/a
says 'drilled: a failover was rehearsed'

# The hook has a copy that it may write to, and what it says is told.
mkdir -p "$LAB_DIR/host2/hooks.d"
cat >"$LAB_DIR/host2/hooks.d/drill" <<-'END'
	#!/bin/sh
	echo "tag $ZREP_TAG, clone ${ZREP_CLONE%_drill_*}, peer $ZREP_PEER:$ZREP_PEER_DATASET, at ${ZREP_MOUNTPOINT:-nowhere}"
	zfs get -Ho value readonly "$ZREP_CLONE"
	uzctl get "$ZREP_CLONE" file
	echo mine | uzctl put "$ZREP_CLONE" file
	[ ! -e "$ZREP_HOOKS/wait" ] || { touch "$ZREP_HOOKS/waits"; sleep "$(cat "$ZREP_HOOKS/wait")"; }
	[ ! -e "$ZREP_HOOKS/fail" ] || exit 7
END
chmod +x "$LAB_DIR/host2/hooks.d/drill"
expect_status 0 d tank/a
says 'the hook drill ended well' 'clone tank/a, peer host1:tank/a, at nowhere' '; off; one'
is "$(clones)" ''
write host1 two
expect_status 0 zrep sync tank/a
is "$(get host2 tank/a file)" two

# What fails is told, and noted; nothing stays.
touch "$LAB_DIR/host2/hooks.d/fail"
expect_status 1 d tank/a
says 'hook'
is "$(clones)" ''
[[ $(prop host2 tank/a zrep:drill) == *' failed '* ]] || fail "noted: $(prop host2 tank/a zrep:drill)"
expect_status 1 zrep check tank/a
says 'the last drill of tank/a on host2' 'on host2, zrep drill tank/a'
rm "$LAB_DIR/host2/hooks.d/fail"
expect_status 0 d tank/a
expect_status 0 zrep check -v tank/a
says 'a failover was last rehearsed'
is "$(on host2 zrep --json drill tank/a | jq -r '.datasets."tank/a" | .status, .snapshot, .datasets' | paste -sd ' ')" 'drilled zrep_000002 1'

# Replication goes on meanwhile, also what expires; a second drill waits for its turn; one that is told to end leaves nothing.
echo 30 >"$LAB_DIR/host2/hooks.d/wait"
on host1 zfs set zrep:savecount=1 tank/a
on host2 zfs set zrep:savecount=1 tank/a
on host2 sh -c 'echo $$ >"$1"; exec zrep drill tank/a' sh "$WORK/pid" >"$WORK/drilled" 2>&1 &
job=$!
within 10 test -e "$LAB_DIR/host2/hooks.d/waits"
for i in three four five; do
	write host1 $i
	expect_status 0 zrep sync tank/a
	is "$(get host2 tank/a file)" $i
done
expect_status 0 zrep check tank/a
expect_status 4 d tank/a
kill -TERM "$(<"$WORK/pid")"
got=0
wait "$job" || got=$?
[[ $got -ne 0 ]] || fail "status 0 after SIGTERM: $(cat "$WORK/drilled")"
is "$(clones)" ''

# One that was killed: the next one destroys what it had left. Nothing else is touched.
rm -f "$LAB_DIR/host2/hooks.d/waits"
on host2 sh -c 'echo $$ >"$1"; exec zrep drill tank/a' sh "$WORK/pid" >"$WORK/drilled" 2>&1 &
job=$!
within 10 test -e "$LAB_DIR/host2/hooks.d/waits"
kill -KILL "$(<"$WORK/pid")"
wait "$job" || true
pkill -f 'sleep 30' || true
[[ $(clones) == tank/a_drill_* ]] || fail 'a killed drill left nothing'
on host2 zfs create tank/a_drill_mine
on host2 zfs clone "tank/a@$(snaps host2 tank/a | grep -o '[^ ]*$')" tank/a_drill_20200101T000000Z
rm "$LAB_DIR/host2/hooks.d/wait"
expect_status 0 d tank/a
says 'what an earlier drill had left was destroyed'
is "$(clones | paste -sd ' ')" 'tank/a_drill_20200101T000000Z tank/a_drill_mine'
on host2 zfs destroy tank/a_drill_20200101T000000Z
on host2 zfs destroy tank/a_drill_mine

# A tree; what is below it goes along.
rm "$LAB_DIR/host2/hooks.d/drill"
on host1 zfs create tank/t
on host1 zfs create tank/t/x
on host1 zfs create tank/t/x/y
expect_status 0 zrep init -R tank/t host2 tank/t
expect_status 3 d tank/t/x
says 'zrep drill tank/t'
unchanged expect_status 0 d -n tank/t
says 'clone tank/t/x/y@'
expect_status 0 d tank/t
says 'with all that is below it'
is "$(clones)" ''
expect_status 0 zrep sync tank/t
expect_status 0 zrep failover tank/t
expect_status 0 on host2 zrep check tank/t

# What could not be read as the master is told before.
key=$(printf %064d 7)
on host1 sh -c "echo $key | zfs create -o encryption=on -o keyformat=hex -o keylocation=prompt tank/e"
expect_status 0 zrep init tank/e host2 tank/e
expect_status 3 d tank/e
says 'its key is not loaded' 'on host2: zfs load-key tank/e, then the same again'
on host2 sh -c "echo $key | zfs load-key tank/e"
expect_status 0 d tank/e
is "$(clones)" ''
