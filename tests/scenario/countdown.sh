#!/bin/bash
# What may lose something waits for ten seconds, in which ^C stops it; where nobody can see that, it wants -y.
. "$(dirname "$0")/lib.sh"

# in_terminal HOST FILE CMD: there, with what comes in typed and what goes out in FILE. The shell must give way to CMD,
# which not every shell does by itself: the status would be that of a shell that ^C has ended.
in_terminal() { SHELL=/bin/sh on "$1" script -qec "exec $3" /dev/null >"$2" 2>&1; }

pair
pair tank/b
echo "words that were not sent" | put host1 tank/b file
mkfifo "$WORK/keys" "$WORK/keys_b"
in_terminal host1 "$WORK/out_b" 'zrep failover -L --discard tank/b' <"$WORK/keys_b" &
slow=$!
exec 7>"$WORK/keys_b"

refuses 3 on host2 zrep takeover -L tank/a
says 'without host1 being asked' 'no terminal' 'say -y'
in_terminal host2 "$WORK/out" 'zrep takeover -L tank/a' <"$WORK/keys" &
pid=$!
exec 8>"$WORK/keys"
state host2 >"$WORK/before"
within 20 grep -q 's left to stop it with ^C' "$WORK/out"
printf '\003' >&8
got=0
wait "$pid" || got=$?
is $got 3
said=$(<"$WORK/out")
says 'without host1 being asked' 'nothing was done'
exec 8>&-
diff "$WORK/before" <(state host2) || fail 'it was changed'
expect_status 0 on host2 zrep -y takeover -L tank/a
says 'without host1 being asked'
says_not 's left'
expect_status 0 zrep rejoin tank/a
leads host2

# Nobody stops it.
wait "$slow"
exec 7>&-
said=$(<"$WORK/out_b")
says 'are destroyed' ' 1 s left' 'tank/b on host1 is a replica'
is "$(get host1 tank/b file)" 'first words'
is "$(kept host1 tank/b)" ''
