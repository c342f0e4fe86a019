#!/bin/bash
# The two sides are called differently, with blanks and colons; and names as long as can be.
. "$(dirname "$0")/lib.sh"

a='tank/two words' b='tank/backup here/a:b.c'
on host2 zfs create 'tank/backup here'
on host1 zfs create "$a"
echo "first words" | put host1 "$a" file
zrep init "$a" host2 "$b"
expect_status 0 zrep failover "$a"
says "$b on host2 is the master now"
is "$(roles host2 "$b")" "yes host2 $b host1 $a - off"
is "$(roles host1 "$a")" "- host2 $b host1 $a - on"
echo "second words" | put host2 "$b" file
expect_status 0 on host2 zrep sync all
is "$(get host1 "$a" file)" 'second words'
expect_status 0 zrep takeover "$a"
is "$(roles host1 "$a")" "yes host1 $a host2 $b - off"
is "$(roles host2 "$b")" "- host1 $a host2 $b - on"
lab cut
expect_status 0 on host2 zrep -y takeover -L "$b"
lab join
echo "not sent" | put host1 "$a" file
on host1 zfs snapshot "$a@and two more"
refuses 3 zrep sync "$a"
says "$a on host1 was superseded: $b on host2" "zrep rejoin '$a'"
expect_status 0 zrep rejoin "$a"
is "$(get host1 "$(kept host1 "$a")" file)" 'not sent'
has host1 "$(kept host1 "$a")@and two more"
echo "third words" | put host2 "$b" file
expect_status 0 on host2 zrep sync "$b"
is "$(get host1 "$a" file)" 'third words'

# There is no longer name to keep it under; but it can be discarded.
long=tank/$(printf 'n%.0s' {1..100})/$(printf 'm%.0s' {1..120})
for host in host1 host2; do on $host zfs create -p "${long%/*}"; done
pair "$long"
expect_status 0 zrep failover "$long"
leads host2 "$long"
lab cut
expect_status 0 zrep -y takeover -L "$long"
lab join
echo "not sent" | put host2 "$long" file
refuses 3 on host2 zrep rejoin "$long"
says 'the names would be too long'
expect_status 0 on host2 zrep -y rejoin --discard "$long"
leads host1 "$long"
