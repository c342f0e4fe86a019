#!/bin/bash
# needs: userspace
# On a long line a large stream goes over several connections, and a small one over the first alone; to the other host, from
# it, and many at a time. What arrives is whole, and nothing of them is left.
. "$(dirname "$0")/lib-far.sh"

far 80
counted_ssh
zrep() { on host1 env SSH="$WORK/ssh" zrep "$@"; }

on host1 zfs create tank/a
fill host1 tank/a big 64
expect_status 0 zrep init tank/a host2 tank/a
n=$(connections)
[[ $n -gt 2 && $n -le 9 ]] || fail "$n connections"
same big host1 tank/a host2 tank/a
within 5 nothing_left

# Little is not worth a login; and one can do without.
fill host1 tank/a big 32
expect_status 0 on host1 env SSH="$WORK/ssh" ZREP_CONNECTIONS=1 zrep sync tank/a
is "$(connections)" 1
same big host1 tank/a host2 tank/a
echo more | put host1 tank/a file
expect_status 0 zrep sync tank/a
is "$(connections)" 1
expect_status 0 zrep sync tank/a
is "$(connections)" 1
synced
connections >/dev/null

# The other way.
fill host1 tank/a big 64
expect_status 0 on host2 env SSH="$WORK/ssh" zrep refresh tank/a
n=$(connections)
[[ $n -gt 2 && $n -le 9 ]] || fail "$n connections"
same big host1 tank/a host2 tank/a
within 5 nothing_left

# Many at a time, large ones and small ones.
for i in 1 2 3 4 5 6; do
	on host1 zfs create "tank/d$i"
	zrep --quiet init "tank/d$i" host2 "tank/d$i"
	fill host1 "tank/d$i" big $((i * 6 - 5))
done
connections >/dev/null
expect_status 0 zrep sync all
n=$(connections)
[[ $n -gt 2 && $n -le 9 ]] || fail "$n connections"
for i in 1 2 3 4 5 6; do
	same big host1 "tank/d$i" host2 "tank/d$i"
done
within 5 nothing_left

# An agent that a key is bound to, and nothing else, is one that all connections may start.
sed -i 's|^ssh-|command="zrep agent",restrict &|' "$LAB_DIR"/host[12]/authorized_keys
is "$({ on host1 ssh -T host2 echo whatever </dev/null 2>/dev/null || true; } | tr -dc ZREP | cut -c 1-4)" ZREP
fill host1 tank/a big 64
expect_status 0 zrep sync tank/a
n=$(connections)
[[ $n -gt 2 && $n -le 9 ]] || fail "$n connections"
same big host1 tank/a host2 tank/a
within 5 nothing_left

# Where no more logins are let in, it goes over the first one.
for otherwise in 'exit 255' 'exec sleep 1000' 'exec cat'; do
	rm -rf "$WORK/once"
	printf '#!/bin/sh\necho $$ >>"%s"\nmkdir "%s" 2>/dev/null || %s\nexec ssh "$@"\n' \
		"$WORK/all" "$WORK/once" "$otherwise" >"$WORK/ssh"
	fill host1 tank/a big 48
	expect_status 0 zrep sync tank/a
	same big host1 tank/a host2 tank/a
	within 5 nothing_left
done
