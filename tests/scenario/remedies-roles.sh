#!/bin/bash
# What is said about who leads, pasted as it is printed: it is better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/my a'
bystand
made "$a"
# Taken over while the other side cannot be asked.
taken_by() {
	lab cut
	z "$1" --timeout 3 -y takeover -L "$a" >/dev/null
	lab join
	echo "$1 leads" | put "$1" "$a" file
}
# put_away HOST: what was kept there.
put_away() { on "$1" sh -c "zfs list -Ho name | grep _kept_ | xargs -rd '\n' -n 1 zfs destroy -r"; }

# The other side is away: for good, or not.
lab cut
fails 5 host2 zrep -t off --timeout 3 takeover "$a"
remedy host2 "zrep -t off takeover -L '$a'"
lab join
unharmed
# Superseded: said by each that looks.
echo 'host1 writes' | put host1 "$a" file
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off rejoin '$a'"
cured host2 zrep -t off sync "$a"
put_away host1
taken_by host1
fails 3 host2 zrep -t off sync "$a"
fails 2 host2 zrep -t off status -m "$a"
remedy host2 "zrep -t off rejoin '$a'"
cured host1 zrep -t off sync "$a"
put_away host2

# Two masters of one epoch.
twins() {
	on host2 zfs set off:master=yes off:src-host=host2 off:dest-host=host1 readonly=off "$a"
	echo twin | put host2 "$a" file
	echo twin, too | put host1 "$a" file
}
twins
fails 3 host1 zrep -t off sync "$a"
remedy host2 "zrep -t off rejoin --force '$a'"
cured host1 zrep -t off sync "$a"
put_away host2
twins
fails 3 host1 zrep -t off sync "$a"
fails 2 host1 zrep -t off status -m "$a"
remedy host1 "zrep -t off rejoin --force '$a'"
cured host2 zrep -t off sync "$a"
put_away host1
z host2 failover "$a" >/dev/null
twins
fails 3 host2 zrep -t off rejoin "$a"
remedy host2 "zrep -t off rejoin --force '$a'"
cured host1 zrep -t off sync "$a"
put_away host2

# No master at all: either of two becomes it, by whichever looks.
nobody() {
	on host1 sh -c "zfs inherit off:master '$a'; zfs set off:src-host=host2 off:dest-host=host1 readonly=on '$a'"
}
for host in host1 host2; do
	nobody
	fails 1 host1 zrep -t off doctor "$a"
	remedy $host "zrep -t off takeover '$a'"
	cured $host zrep -t off sync "$a"
	[[ $host == host1 ]] || z host2 failover "$a" >/dev/null
done
nobody
fails 3 host2 zrep -t off rejoin "$a"
command=$(grep -o "zrep -t off takeover [^\`]*" <<<"$said")
host=$(grep -o "on host[12] makes" <<<"$said" | cut -d ' ' -f 2)
remedy "$host" "$command"
cured "$host" zrep -t off sync "$a"
[[ $host == host1 ]] || z host2 failover "$a" >/dev/null

# The replica has data of a later epoch.
on host2 zfs set off:epoch=5000 "$a"
fails 3 host2 zrep -t off rejoin "$a"
remedy host2 "zrep -t off rejoin --force '$a'"
unharmed
on host2 zfs set "off:epoch=$(prop host1 "$a" off:epoch)" "$a"
cured host1 zrep -t off sync "$a"

# A change of roles that a crash has left half done.
on host1 zfs set "off:switch=leaving 1" "$a"
fails 0 host1 zrep -t off status -a
remedy host1 "zrep -t off doctor --fix '$a'"
cured host1 zrep -t off sync "$a"
on host1 zfs set "off:switch=nobody knows" "$a"
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zfs inherit off:switch '$a'"
cured host1 zrep -t off sync "$a"

# Written to where it is read-only after -n said what would go; a snapshot that is not there.
fails 3 host2 zrep -t off -y takeover -L "$a@none"
remedy host2 "zfs list -t snapshot '$a'"
unharmed
fails 2 host1 zrep -t off failover "$a@none"
says "zrep -t off failover -L '$a@none'"
unharmed
