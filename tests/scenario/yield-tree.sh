#!/bin/bash
# A tree makes way as a whole, or not at all; what was taken back, or written to, of it is not taken without a word.
. "$(dirname "$0")/lib.sh"

marks() { for d in tank/a tank/a/c; do on "$1" zfs get -Ho value,source zrep:switch $d | awk -F '\t' '{ print $2 == "local" ? $1 : "-" }' | sed 's/ .*//'; done | paste -sd ' '; }
pair
on host1 zfs create tank/a/c
expect_status 0 zrep -R sync tank/a

# One cannot be offered.
spoil host2 tank/a/c bad
expect_status 3 zrep yield tank/a
is "$(prop host1 tank/a readonly) $(marks host1) $(marks host2)" 'off - - - -'
unspoil host2 tank/a/c bad
expect_status 0 zrep yield tank/a
is "$(marks host1) $(marks host2)" 'leaving leaving offered offered'

# One was taken back: the rest is not taken without it, unless that is meant.
expect_status 0 zrep takeover tank/a/c
is "$(marks host1) $(marks host2)" 'leaving - offered -'
refuses 3 on host2 zrep takeover -L tank/a
says 'tank/a/c on host2 becomes the master without host1 being asked' 'say -y if it is meant'
expect_status 0 on host2 zrep takeover tank/a
led_by host2 tank/a
led_by host2 tank/a/c

# All of it, without asking.
expect_status 0 on host2 zrep yield tank/a
is "$(marks host1) $(marks host2)" 'offered offered leaving leaving'
expect_status 0 zrep takeover -L tank/a
is "$(prop host1 tank/a zrep:epoch) $(prop host1 tank/a/c zrep:epoch)" '2 2'
expect_status 0 zrep sync tank/a
leads host1 tank/a
leads host1 tank/a/c

# It rests, and is the master again.
expect_status 0 zrep yield -L tank/a
is "$(marks host1) $(prop host1 tank/a/c readonly)" 'resting resting on'
expect_status 0 zrep takeover tank/a
leads host1 tank/a
leads host1 tank/a/c
