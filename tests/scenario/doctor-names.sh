#!/bin/bash
# needs: userspace
# doctor, where the two sides' properties say different things, or were not all set before the zrep script died.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

odd() {
	unchanged expect_status 1 "$@"
	says "${texts[@]}"
}

# In other words after its failover; from the side that is the replica then.
script_pair 2.0 host1 tank/w tank/w "$(id -un)@host2"
script_failover host1 tank/w
texts=("calls its host host2, and its replica tank/w on host1 calls it $(id -un)@host2")
odd zrep doctor tank/w
expect_status 0 zrep doctor --fix tank/w
expect_status 0 on host2 zrep doctor tank/w
leads_both() { echo "$RANDOM" | put "$1" tank/w file; expect_status 0 on "$1" zrep sync tank/w; same file host1 tank/w host2 tank/w; }
leads_both host2
expect_status 0 zrep takeover tank/w
leads_both host1

# A name that may be another host's is for somebody to say.
script_pair 2.0 host1 tank/x
script_failover host1 tank/x
on host1 zfs set zrep:src-host=backup tank/x
texts=('tank/x on host1 is not the replica of tank/x on host2' 'on host1, zfs set zrep:src-host=host2 tank/x')
odd on host2 zrep doctor tank/x
unchanged expect_status 1 on host2 zrep doctor --fix tank/x
on host1 zfs set zrep:src-host=host2 tank/x
expect_status 0 zrep doctor --fix tank/x
leads host2 tank/x

# Its failover died between two properties: the master names itself.
script_pair 2.0 host1 tank/y
on host1 zfs set readonly=on zrep:dest-fs=tank/y zrep:dest-host=host1 tank/y
for verb in doctor sync failover; do
	refuses 3 zrep $verb tank/y
	says 'tank/y on host1 names itself as its own replica'
done
on host1 zfs set zrep:dest-host=host2 tank/y
on host1 zfs inherit readonly tank/y
expect_status 0 zrep doctor --fix tank/y
leads host1 tank/y

# An init that died.
for part in none half whole; do
	script_init_died 1.8 host1 tank/$part $part
	texts=("an init of tank/$part on host1 was begun and not finished" "zrep init tank/$part host2 tank/$part")
	odd zrep doctor tank/$part
	unchanged expect_status 1 zrep doctor --fix tank/$part
done
odd on host2 zrep doctor tank/whole
expect_status 0 zrep init tank/whole host2 tank/whole
expect_status 0 zrep doctor tank/whole
