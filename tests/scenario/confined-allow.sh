#!/bin/bash
# `zrep allow --ssh` prints the lines for authorized_keys, and with these, and nothing else, a pair is made and its role moves.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-confine.sh"

beside
before1=$(outside host1) before2=$(outside host2)
read -r key <"$LAB_DIR/key.pub"
# paste_to HOST: what stands in $said under "# on HOST" is put there, with the key that it is about.
paste_to() {
	local line found
	found=$(grep -A 1 "^# on $1, in authorized_keys" <<<"$said" | tail -n 1)
	[[ $found == restrict,command=* ]] || fail "no line for $1"
	echo "${found/PUBLIC-KEY-OF-*/$key}" >"$LAB_DIR/$1/authorized_keys"
}

unchanged expect_status 0 zrep allow --ssh tank/a host2
says 'restrict,command="zrep agent --role peer --under tank/a" PUBLIC-KEY-OF-host1' PUBLIC-KEY-OF-host2
on host1 sh -c 'mkdir -p "$HOME/.ssh"; echo "$1" >"$HOME/.ssh/id_ed25519.pub"' sh "$key"
expect_status 0 zrep allow --ssh tank/a host2 'tank/b c'
says "restrict,command=\"zrep agent --role peer --under 'tank/b c'\" $key"
on host1 sh -c 'echo "ssh-rsa \"; reboot" >"$HOME/.ssh/id_ed25519.pub"'
expect_status 0 zrep allow --ssh tank/a host2
says_not reboot
expect_status 0 zrep -t mine allow --ssh --role replica --append-only tank/a host2
says '--role replica --append-only --tag mine --under tank/a'
is "$(grep -c ^restrict <<<"$said")" 1
expect_status 0 zrep allow --ssh --role source tank/a host2
says '# on host1' '--role source'
unchanged expect_status 2 zrep allow --ssh tank/a
unchanged expect_status 2 zrep allow --ssh --role owner tank/a host2
unchanged expect_status 2 zrep allow --role peer tank/a host2

expect_status 0 zrep allow --ssh tank/a host2
paste_to host1
paste_to host2
on host1 zfs create tank/a
echo "first words" | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
works() {
	local to
	to=$(other "$1")
	echo "from $1, $RANDOM" | put "$1" tank/a file
	expect_status 0 on "$1" zrep sync tank/a
	same file "$1" tank/a "$to" tank/a
}
works host1
expect_status 0 zrep failover tank/a
works host2
# What is put aside is not below it, and its own all the same.
lab cut
expect_status 0 on host1 zrep -y takeover -L tank/a
lab join
echo late | put host2 tank/a file
expect_status 0 on host1 zrep -y rejoin tank/a
is "$(get host2 "$(kept host2 tank/a)" file)" late
works host1
# With a pair, without being told the other side.
expect_status 0 zrep allow --ssh tank/a
says '# on host2' '# on host1'
expect_status 0 on host2 zrep allow --json --ssh tank/a

is "$(outside host1)" "$before1"
is "$(outside host2)" "$before2"
