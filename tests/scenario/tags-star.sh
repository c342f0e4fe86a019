#!/bin/bash
# Two destinations of one master, each with a tag: the role does not move under one of them while the other would not
# know. What is refused names the other tag and its other side, and changes nothing, with every kind of force as well.
. "$(dirname "$0")/lib.sh"

pair
on host2 zfs create tank/far
c() { on "$1" zrep -t 0.c "${@:2}"; } # "0.c" sorts before zrep, and no snapshot needs to be called after it
expect_status 0 c host1 init tank/a host2 tank/far/a
for i in 1 2; do
	echo "words $i" | put host1 tank/a file
	synced
	expect_status 0 c host1 sync tank/a
done

c_leads='under tag 0.c it is the master of tank/far/a on host2'
z_leads='under tag zrep it is the master of tank/a on host2'
for verb in failover 'failover -L' 'failover -L --discard'; do
	# shellcheck disable=SC2086
	refuses 3 zrep -y $verb tank/a
	says "$c_leads"
	# shellcheck disable=SC2086
	refuses 3 c host1 -y $verb tank/a
	says "$z_leads"
done
for verb in takeover 'failover -n'; do
	host=host2
	[[ $verb == takeover ]] || host=host1
	# shellcheck disable=SC2086
	unchanged expect_status 3 on $host zrep $verb tank/a
	says "$c_leads"
done
refuses 3 c host2 takeover tank/far/a
says "$z_leads"
unchanged expect_status 2 zrep check tank/a
says 'a change of its role would be refused' "$c_leads"
unchanged expect_status 2 c host2 check tank/far/a
says "$z_leads"

# The master is lost. A copy that has one tag takes the role over; the master that comes back is not taken from the other.
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/a
echo 'of the new master' | put host2 tank/a file
lab start host1
echo 'not sent' | put host1 tank/a file
for how in '' --force '--force --discard'; do
	# shellcheck disable=SC2086
	refuses 3 zrep -y rejoin $how tank/a
	says "$c_leads"
done
refuses 3 on host2 zrep sync -f tank/a
refuses 3 zrep sync tank/a
says superseded
is "$(get host1 tank/a file) $(get host2 tank/a file)" 'not sent of the new master'
expect_status 0 c host1 sync tank/a
is "$(get host2 tank/far/a file)" 'not sent'

# With one tag it comes back.
expect_status 0 c host1 clear -f tank/a
expect_status 0 zrep rejoin tank/a
expect_status 0 on host2 zrep sync tank/a
same file host1 tank/a host2 tank/a
is "$(get host1 "$(kept host1)" file)" 'not sent'
led_by host2
