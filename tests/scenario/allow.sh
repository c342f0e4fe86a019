#!/bin/bash
# A user without privileges is allowed what `zrep allow` prints, and nothing else; then he sets a pair up and moves its role.
# Nothing is mounted, as no user can do that on Linux.
. "$(dirname "$0")/lib.sh"

# as_user HOST ARG...: a zrep of his. On a virtual machine he is a real one.
if [[ $LAB_KIND == vm ]]; then
	name=zuser
	as_user() { on "$1" runuser -u zuser -- zrep "${@:2}"; }
else
	name=1000
	there="env UZFS_UID=1000 ZREP_RUNDIR=$WORK/run-there zrep"
	as_user() { on "$1" env "${user[@]}" ZREP_PATH="$there" zrep "${@:2}"; }
fi
# paste_to HOST: what stands in $said under "# on HOST" is run there by root.
paste_to() {
	local line host=''
	while read -r line; do
		case $line in
		'# on '*) host=${line#\# on } host=${host%%,*} ;;
		'zfs allow '*) [[ $host != "$1" ]] || on "$1" sh -c "$line" </dev/null ;;
		# On a virtual machine that is its own.
		'install -d '*) [[ $host != "$1" || $LAB_KIND != vm ]] || on "$1" sh -c "$line" </dev/null ;;
		esac
	done <<<"$said"
}

for host in host1 host2; do
	on $host zfs create -o canmount=off tank/those
	on $host zfs create -o mountpoint=none tank/these
done
on host1 zfs create -o compression=lz4 -o atime=off -o canmount=noauto tank/these/a
echo "first words" | put host1 tank/these/a file

expect_status 1 as_user host1 init tank/these/a host2 tank/these/b
unchanged expect_status 0 zrep allow --user $name tank/these/a host2 tank/these/b
says '# on host1, as root, for tank/these/a' '# on host2, as root, for tank/these/b, which does not exist yet' \
	'atime,compression tank/these' "zfs allow -l -u $name create,mount,receive tank/these"
paste_to host1
paste_to host2
expect_status 0 as_user host1 init tank/these/a host2 tank/these/b
is "$(prop host2 tank/these/b compression)" lz4

# works HOST: it is the master, and a sync of his works. (on host1 it is called a, on host2 b.)
named() { if [[ $1 == host1 ]]; then echo tank/these/a; else echo tank/these/b; fi; }
works() {
	local to
	to=$(other "$1")
	echo "from $1, $RANDOM" | put "$1" "$(named "$1")" file
	expect_status 0 as_user "$1" sync "$(named "$1")"
	same file "$1" "$(named "$1")" "$to" "$(named "$to")"
}
works host1
on host1 zfs set zrep:savecount=1 tank/these/a
works host1
works host1
expect_status 0 as_user host1 failover tank/these/a
works host2
expect_status 0 as_user host1 takeover tank/these/a
works host1

# Without the other side, and back: what is kept, and what takes its place.
lab cut
expect_status 0 as_user host2 -y takeover -L tank/these/b
lab join
echo "not sent" | put host1 tank/these/a file
expect_status 3 as_user host1 sync tank/these/a
expect_status 0 as_user host1 rejoin tank/these/a
is "$(get host1 "$(kept host1 tank/these/a)" file)" 'not sent'
is "$(prop host1 tank/these/a compression)" lz4
works host2
expect_status 0 as_user host2 failover tank/these/b
works host1
echo "not sent either" | put host1 tank/these/a file
expect_status 0 as_user host1 -y failover -L --discard tank/these/a
expect_status 0 as_user host2 takeover tank/these/b
works host2
expect_status 0 as_user host1 takeover tank/these/a
works host1
# What somebody took of the replica makes room; what somebody wrote there does not, but for -f.
on host2 zfs snapshot tank/these/b@mine
echo "more words" | put host1 tank/these/a file
expect_status 0 as_user host1 sync tank/these/a
hasnt host2 tank/these/b@mine
on host2 zfs set readonly=off tank/these/b
echo "strange words" | put host2 tank/these/b file
echo "other words" | put host1 tank/these/a file
expect_status 3 as_user host1 sync tank/these/a
expect_status 0 as_user host1 sync -f tank/these/a
is "$(get host2 tank/these/b file)" 'other words'

# With a pair, both sides' lines without being told; from either side.
expect_status 0 zrep allow --user $name tank/these/a
says '# on host1, as root, for tank/these/a' $'# on host2, as root, for tank/these/b\n' 'No user can be allowed'
expect_status 0 on host2 zrep allow --user $name tank/these/b
says '# on host2, as root, for tank/these/b' $'# on host1, as root, for tank/these/a\n'
is "$(on host1 zrep allow --json --user $name tank/these/a | jq -r '.datasets."tank/these/a".sides[0].commands[0]')" \
	"zfs allow -l -u $name create,mount tank/these"

# The neighbours are not his.
expect_status 1 as_user host1 init tank/those host2 tank/these/those
expect_status 0 as_user host1 clear -f tank/these/a

unchanged expect_status 2 zrep allow tank/these/a # root
unchanged expect_status 2 zrep allow --user 'x;reboot' tank/these/a
unchanged expect_status 2 zrep allow --user -x tank/these/a
unchanged expect_status 2 zrep allow --user $name tank/these/a host2
refuses 3 zrep allow --user $name nopool
expect_status 0 zrep allow --user $name 'tank/with blank/a'
says "create,mount,receive 'tank/with blank'"
