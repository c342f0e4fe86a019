#!/bin/bash
# needs: userspace
# More peers than a run works with at a time: all are synced and looked at; connections are bounded, and so are open files.
# (PEERS=60: so many.)
. "$(dirname "$0")/lib.sh"

n=${PEERS:-20}
mkdir "$LAB_DIR/names"
sed 's/^Host host2$/Host peer*/' "$LAB_DIR/host2/ssh_host" >"$LAB_DIR/names/ssh_host"

# Keeps count of those that run.
cat >"$WORK/ssh" <<END
#!/bin/bash
echo + >>"$WORK/log"
ssh "\$@"
status=\$?
echo - >>"$WORK/log"
exit \$status
END
chmod +x "$WORK/ssh"
most() { awk '{ n += $1 == "+" ? 1 : -1 } n > m { m = n } END { print m + 0 }' "$WORK/log"; }

on host1 zfs create tank/p
on host2 zfs create tank/p
for ((i = 0; i < n; i++)); do
	on host1 zfs create "tank/p/d$i"
	on host1 zrep --quiet init "tank/p/d$i" "peer$i" "tank/p/d$i" &
	((i % 4)) || wait
done
wait
for ((i = 0; i < n; i++)); do echo "to peer$i" | put host1 "tank/p/d$i" file; done

# With few open files, as many a system gives them.
: >"$WORK/log"
expect_status 0 on host1 env SSH="$WORK/ssh" bash -c 'ulimit -n 256; exec zrep sync all'
says "$n"
[[ $(grep -c + "$WORK/log") -eq $n ]] || fail "not one connection for each peer: $(grep -c + "$WORK/log")"
echo "at most $(most) connections at a time"
[[ $(most) -le 16 ]] || fail 'too many connections at a time'
for i in 0 7 $((n - 1)); do is "$(get host2 "tank/p/d$i" file)" "to peer$i"; done

# What looks at all of them, and what tidies up, does so a few hosts at a time too.
for verb in check expire; do
	: >"$WORK/log"
	expect_status 0 on host1 env SSH="$WORK/ssh" bash -c "ulimit -n 256; exec zrep $verb"
	says "$n datasets"
	[[ $(grep -c + "$WORK/log") -eq $n ]] || fail "$verb: not one connection for each peer: $(grep -c + "$WORK/log")"
	[[ $(most) -le 16 ]] || fail "$verb: too many connections at a time: $(most)"
done
expect_status 0 on host1 bash -c 'ulimit -n 256; exec zrep status -m -a'
expect_status 0 on host2 bash -c 'ulimit -n 256; exec zrep refresh all'
