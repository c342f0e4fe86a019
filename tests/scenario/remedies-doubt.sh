#!/bin/bash
# What is said of changes of the role that broke off, and of who leads then, pasted as it is printed: it is better, and nothing
# beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/a 1'
bystand
made "$a"
put_away() { on "$1" sh -c "zfs list -Ho name | grep _kept_ | xargs -rd '\n' -n 1 zfs destroy -r"; } # put_away HOST

# Somebody is at it, and the other side is wanted.
fill host1 "$a" big 16
begin 8 zrep -t off sync "$a"
fails 4 host2 zrep -t off takeover "$a"
lab kill host1
within 20 idle
remedy host2 "zrep -t off takeover -L '$a'"
lab start host1
on host1 zrep -t off rejoin "$a" >/dev/null
cured host2 zrep -t off sync "$a"
put_away host1
z host1 takeover "$a" >/dev/null

# In doubt: the other host comes back, or is gone for good; by whatever is asked.
broken_off "$a"
lab kill host2
fails 5 host1 zrep -t off sync "$a"
fails 3 host1 zrep -y -t off clear "$a"
told host1 "zrep -t off takeover -L --force '$a'"
fails 3 host1 zrep -y -t off takeover -L "$a"
remedy host1 "zrep -t off takeover -L --force '$a'"
is "$(prop host1 "$a" readonly)" off
lab start host2
cured host1 zrep -t off sync "$a"
broken_off "$a"
lab kill host2
fails 5 host1 zrep -t off sync "$a"
told host1 "zrep -t off takeover -L --force '$a'"
lab start host2
remedy host1 "zrep -t off doctor --fix '$a'"
cured host1 zrep -t off sync "$a"
broken_off "$a"
lab kill host2
fails 5 host1 zrep -t off failover "$a"
remedy host1 "zrep -t off takeover -L --force '$a'"
lab start host2
cured host1 zrep -t off sync "$a"
broken_off "$a"
lab kill host2
fails 3 host1 zrep -y -t off clear "$a"
remedy host1 "zrep -t off takeover -L --force '$a'"
lab start host2
cured host1 zrep -t off sync "$a"

# It was demoted once, as the readonly that is left shows, and nobody is found who leads.
on host1 zfs set off:readonly=off readonly=on "$a"
fails 3 host1 zrep -t off failover "$a"
remedy host1 "zfs set readonly=off '$a'"
cured host1 zrep -t off failover "$a"
z host1 takeover "$a" >/dev/null

# On its way back to a snapshot that is not there any more.
lab cut
z host2 --timeout 3 -y takeover -L "$a" >/dev/null
lab join
echo only here | put host1 "$a" file
on host1 zfs set "off:switch=back 4711 keep ${a}_kept_20261125T130509Z" off:readonly=inherited readonly=on "$a"
fails 3 host2 zrep -t off sync "$a"
remedy host1 "zrep -t off rejoin '$a'"
cured host2 zrep -t off sync "$a"
put_away host1

# On its way back, and another dataset has taken its name.
lab cut
z host1 --timeout 3 -y takeover -L "$a" >/dev/null
lab join
echo only there | put host2 "$a" file
kept="${a}_kept_20261125T130509Z"
on host2 zfs set "off:switch=back $(guid host2 "$a@$(snaps host2 "$a" | grep -o '[^ ]*$')") keep $kept" off:readonly=inherited readonly=on "$a"
on host2 zfs rename "$a" "$kept"
on host2 zfs create "$a"
fails 3 host2 zrep -t off doctor --fix "$a"
remedy host2 "zfs rename '$a' '$a'_moved"
told host2 "zrep -t off doctor --fix '$a'"
fails 1 host2 zrep -t off doctor --fix "$a" # what is kept is told
is "$(get host2 "$kept" file)" 'only there'
cured host1 zrep -t off sync "$a"
put_away host2

# Its replica is gone when it has led on; no master at all, and nothing in common.
made 'tank/a 2'
lab cut
z host2 --timeout 3 -y takeover -L 'tank/a 2' >/dev/null
lab join
on host1 sh -c "zfs release off 'tank/a 2@off_000000'; zfs destroy -r 'tank/a 2'"
fails 3 host2 zrep -t off rejoin 'tank/a 2'
remedy host2 "zrep -t off clear 'tank/a 2'"
remedy host2 "zrep -t off init 'tank/a 2' host1 'tank/a 2'"
cured host2 zrep -t off sync 'tank/a 2'
for host in host1 host2; do
	made "tank/a $host"
	on host1 sh -c "zfs inherit off:master 'tank/a $host'; zfs set off:src-host=host2 off:dest-host=host1 readonly=on 'tank/a $host'"
	on host2 sh -c "zfs release off 'tank/a $host@off_000000'; zfs destroy 'tank/a $host@off_000000'; zfs snapshot 'tank/a $host@mine'"
	on host1 sh -c "zfs list -Hd 1 -t bookmark -o name 'tank/a $host' | xargs -rd '\n' -n 1 zfs destroy"
	fails 3 host1 zrep -t off takeover "tank/a $host"
	remedy $host "zrep -t off takeover -L 'tank/a $host'"
	is "$(prop $host "tank/a $host" readonly)" off
	unharmed
done
