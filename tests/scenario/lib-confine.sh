# shellcheck shell=bash
# Hosts whose keys are bound to `zrep agent --under ... --role ...`. Sourced after lib.sh. (userspace)

# confine HOST OPTION...: whoever comes to that host by ssh is so much its agent from now on. Without options: as before.
confine() {
	local host=$1 key
	read -r key <"$LAB_DIR/key.pub"
	shift
	if [[ $# -eq 0 ]]; then
		echo "$key" >"$LAB_DIR/$host/authorized_keys"
	else
		echo "restrict,command=\"zrep agent $*\" $key" >"$LAB_DIR/$host/authorized_keys"
	fi
}

# What is beside, which nobody is to touch or to see: a pair of its own, a dataset, and what is in it.
beside() {
	local host
	for host in host1 host2; do
		on "$host" zfs create tank/other
		on "$host" zfs create tank/other/secret
		echo "a secret of $host" | put "$host" tank/other/secret file
		on "$host" zfs snapshot tank/other/secret@mine
		on "$host" zfs set zrep:src-fs=tank/other zrep:src-host=host1 zrep:dest-fs=tank/other zrep:dest-host=host2 \
			tank/other/secret
	done
}
# outside HOST: all of it.
outside() { on "$1" sh -c 'zpool sync; zfs get -Hpr -t all -o name,property,value,source all tank/other | grep -vE "	(available|used|usedby.*|snapshots_changed|.*referenced|written|refcompressratio|compressratio)	"'; }
