#!/bin/bash
# A replica whose first transfer never came to its end cannot take over; one that has a whole snapshot can.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
fill host1 tank/a big 16
begin 8 zrep init tank/a host2 tank/a
signal KILL
ended 137
within 20 idle
within 20 has host2 tank/a
for verb in 'takeover tank/a' '-y takeover -L tank/a'; do
	# shellcheck disable=SC2086
	refuses 3 on host2 zrep $verb
done
refuses 3 zrep failover tank/a
expect_status 0 zrep init tank/a host2 tank/a

# In the middle of a later one: what it has is what it leads with. The partial receive goes.
fill host1 tank/a more 16
begin 8 zrep sync tank/a
signal KILL
ended 137
within 20 idle
lab kill host1
[[ $(prop host2 tank/a receive_resume_token) != - ]] || fail 'nothing partial'
expect_status 0 on host2 zrep -y takeover -L tank/a
echo "words of host2" | put host2 tank/a file
lab start host1
expect_status 0 zrep rejoin tank/a
is "$(get host1 "$(kept host1)" more | wc -c)" $((16 << 20))
leads host2
is "$(prop host2 tank/a receive_resume_token)" -
same big host1 tank/a host2 tank/a
