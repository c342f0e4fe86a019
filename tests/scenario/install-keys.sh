#!/bin/bash
# zrep install --keys: binds the keys of two hosts to their pairs. The line on the other host stays only if zrep comes through with
# it; what a key is bound to already is left alone; the role moves over such keys.
# needs: userspace
. "$(dirname "$0")/lib.sh"

# As on a host of people's: sshd reads what stands in the home directory, and each host has a key that the other one takes.
for host in host1 host2; do
	on "$host" sh -c 'mkdir -p "$HOME/.ssh" && ln -sf "$1" "$HOME/.ssh/authorized_keys" && echo "$2" >"$HOME/.ssh/id_ed25519.pub"' \
		sh "$LAB_DIR/$host/authorized_keys" "$(<"$LAB_DIR/key.pub")"
	echo '# what others have here stays' >>"$LAB_DIR/$host/authorized_keys"
	chmod 600 "$LAB_DIR/$host/authorized_keys"
done
lines() { grep -v '^#' "$LAB_DIR/$1/authorized_keys"; }
free=$(lines host1)
key=$(<"$LAB_DIR/key.pub")
bound() { echo "restrict,command=\"zrep agent --role peer --under $1\" $key"; }

pair tank/a
on host1 zfs create tank/b
unchanged expect_status 0 zrep -n install --keys tank/a --keys tank/b host2
says "# on host2, in ~/.ssh/authorized_keys" "$(bound 'tank/a --under tank/b')"
is "$(lines host1)$(lines host2)" "$free$free"

# For one that is not there yet, or is called otherwise.
unchanged expect_status 0 zrep -n install --keys tank/aa host2
says 'there is no tank/aa on host1 yet' "$(bound tank/aa)"

# Refused, and nothing is touched: no terminal to ask on, nonsense, another host's pair, no key, no zrep there.
unchanged expect_status 3 zrep install --keys tank/a host2
says '-y'
unchanged expect_status 2 zrep install --role peer host2
unchanged expect_status 2 zrep -y install --keys tank/a@b host2
unchanged expect_status 2 zrep -y install --keys tank/a localhost
unchanged expect_status 2 zrep -y install --keys tank/a host3
says 'the other side of tank/a is tank/a on host2, not on host3'
on host2 sh -c 'mv $HOME/.ssh/id_ed25519.pub $HOME/.ssh/away'
unchanged expect_status 3 zrep -y install --keys tank/a host2
says 'host2 has no key of its own' 'on host2: ssh-keygen'
on host2 sh -c 'mv $HOME/.ssh/away $HOME/.ssh/id_ed25519.pub'
is "$(lines host1)$(lines host2)" "$free$free"

# A line that is not the one by which ssh comes: it is taken back, and the key is good for everything as before.
on host1 sh -c 'echo ssh-ed25519 AAAAanother root@host1 >$HOME/.ssh/id_ed25519.pub'
expect_status 1 zrep -y install --role replica --keys tank/a host2
says 'host2 does not take the line' ControlMaster
is "$(lines host2)" "$free"
on host1 sh -c 'echo "$1" >$HOME/.ssh/id_ed25519.pub' sh "$key"
# The session dies meanwhile: the same.
on host2 sh -c 'printf "%s\n" "$1" | zrep bind-key' sh "$(bound tank/a)" && fail 'it was told to keep it by nobody'
is "$(lines host2)" "$free"
[[ $(on host2 sh -c 'ls -A $HOME/.ssh') != *XXXX* ]] || fail 'something was left'

# The other way round it would not come through: nothing is left, here or there.
mv "$LAB_DIR/host1/bin/zrep" "$LAB_DIR/host1/bin/other"
unchanged expect_status 5 on host1 other -y install --keys tank/a host2
mv "$LAB_DIR/host1/bin/other" "$LAB_DIR/host1/bin/zrep"
says 'host2 does not come through with the line on host1, which was taken back'
is "$(lines host1)$(lines host2)" "$free$free"

expect_status 0 zrep -y install --keys tank/a --keys tank/b host2
says 'host2: the key of host1 is only for these datasets now' 'host1: the key of host2'
is "$(lines host2)" "$(bound 'tank/a --under tank/b')"
is "$(lines host1)" "$(bound 'tank/a --under tank/b')"
grep -q '^# what others have here stays$' "$LAB_DIR/host2/authorized_keys" || fail 'what others have is gone'
is "$(stat -c %a "$LAB_DIR/host2/authorized_keys")" 600

# With these lines a pair is made and the role moves; what is beside is out of reach.
on host1 zfs set mountpoint=none tank/b
expect_status 0 zrep init tank/b host2 tank/b
expect_status 0 zrep failover tank/a
expect_status 0 on host2 zrep failover tank/a
synced tank/a
on host1 zfs create tank/c
expect_status 3 zrep init tank/c host2 tank/c
unchanged expect_status 3 zrep -y install --keys tank/c host2
says 'host2 lets the key of host1 do no more than zrep for some datasets already: --role peer'

# What it is bound to already, here or there, is left alone.
echo "command=\"rsync --server\" $key" >"$LAB_DIR/host1/authorized_keys"
cp "$LAB_DIR/key.pub" "$LAB_DIR/host2/authorized_keys"
unchanged expect_status 3 zrep -y install --keys tank/a host2
says 'has options already' 'command="rsync --server"'
is "$(lines host2)" "$key"
