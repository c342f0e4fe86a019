#!/bin/bash
# needs: userspace
# limit: 400
# A star, A to B (tag b) and A to C (tag c). While A is away B is forced to lead, and, while B is away too, C: two masters of one
# epoch. Whichever is chosen, by whatever was printed: one master, and each link goes on. Nothing is lost: it is kept aside.
. "$(dirname "$0")/lib.sh"

lab up host3
t() { on "$1" zrep -t "$2" "${@:3}"; } # t HOST TAG VERB...
on host1 zfs create tank/a
echo one | put host1 tank/a file
for to in b:host2 c:host3; do
	t host1 ${to%:*} init tank/a ${to#*:} tank/a
done
for tag in c b c b; do # each replica is told of the other
	t host1 $tag sync tank/a >/dev/null
done
lab kill host1
lab kill host3
expect_status 0 t host2 b -y takeover -L tank/a
echo of b | put host2 tank/a file
lab start host3
lab kill host2
expect_status 0 t host3 c -y takeover -L tank/a
echo of c | put host3 tank/a file
lab start host2
lab start host1
echo of a | put host1 tank/a file
lab save both

# leads_all HOST WORDS: it alone is a master, under both tags, and all have what it has.
leads_all() {
	local h tag
	for tag in b c; do
		is "$(prop "$1" tank/a $tag:master)" yes
		expect_status 0 t "$1" $tag sync tank/a
		expect_status 0 t "$1" $tag check tank/a
	done
	for h in host1 host2 host3; do
		is "$(get $h tank/a file)" "$2"
		[[ $h != "$1" ]] || continue
		is "$(prop $h tank/a b:master)$(prop $h tank/a c:master)" --
		is "$(prop $h tank/a readonly)" on
	done
}

# Both ways that are printed, on either side.
b_back='on host2, zrep -t b changeconfig tank/a host3 tank/a'
c_back='on host3, zrep -t c changeconfig tank/a host2 tank/a'
refuses 3 t host2 c sync tank/a
says 'split brain' "$b_back; then zrep -t b rejoin --force tank/a" "$c_back and zrep -t c rejoin --force tank/a"
refuses 3 t host3 b sync tank/a
says 'split brain' "$c_back; then zrep -t c rejoin --force tank/a" "$b_back and zrep -t b rejoin --force tank/a"
# Under the tag by which they do not lead to each other.
refuses 3 t host2 c rejoin --force tank/a
says "$b_back; then zrep -t b rejoin --force tank/a"
refuses 3 t host3 b rejoin --force tank/a
says "$c_back; then zrep -t c rejoin --force tank/a"

# C is chosen. A, which B followed, is told the way to C under either tag.
expect_status 0 t host2 b changeconfig tank/a host3 tank/a
expect_status 0 t host2 b rejoin --force tank/a
is "$(get host2 "$(kept host2)" file)" 'of b'
for verb in sync failover rejoin; do
	refuses 3 t host1 b $verb tank/a
	says 'was superseded: tank/a on host2 follows tank/a on host3 now' 'on host1, zrep -t c rejoin tank/a'
done
refuses 3 t host1 c sync tank/a
says 'on host1, zrep -t b sync tank/a looks again'
# What check says, which goes by this pair alone, leads there as well.
expect_status 2 t host1 b check tank/a
says 'on host1, zrep -t b changeconfig tank/a host3 tank/a; then zrep -t b rejoin tank/a'
expect_status 0 t host1 b changeconfig tank/a host3 tank/a
refuses 3 t host1 b rejoin tank/a
says 'on host1, zrep -t c rejoin tank/a'
expect_status 0 t host1 c rejoin tank/a
is "$(get host1 "$(kept host1)" file)" 'of a'
leads_all host3 'of c'

# B is chosen.
lab restore both
expect_status 0 t host3 c changeconfig tank/a host2 tank/a
expect_status 0 t host3 c rejoin --force tank/a
is "$(get host3 "$(kept host3)" file)" 'of c'
refuses 3 t host1 c sync tank/a
says 'was superseded: tank/a on host3 follows tank/a on host2 now' 'on host1, zrep -t b rejoin tank/a'
expect_status 0 t host1 b rejoin tank/a
leads_all host2 'of b'

# The pair of C under c is turned to B, to which it sends under b as well: B does not come back under c alone, because it would
# stay a master under b.
lab restore both
expect_status 0 t host3 c changeconfig tank/a host2 tank/a
unchanged refuses 3 t host2 c rejoin --force tank/a
says 'sends to it under tag b as well' "$b_back; then zrep -t b rejoin --force tank/a"
is "$(prop host2 tank/a c:master)$(prop host2 tank/a readonly)" yesoff
expect_status 0 t host2 b changeconfig tank/a host3 tank/a
expect_status 0 t host2 b rejoin --force tank/a
refuses 3 t host3 c sync tank/a
says 'is the replica of tank/a on host3 under tag b already' 'zrep -t c changeconfig tank/a HOST DATASET'
refuses 3 t host1 c rejoin tank/a
says 'that is tank/a on host2' 'on host3, zrep -t c changeconfig tank/a host1 tank/a'
expect_status 0 t host3 c changeconfig tank/a host1 tank/a
expect_status 0 t host1 c rejoin tank/a
leads_all host3 'of c'

# Had it come back so (an older zrep let it), each link says what goes on.
lab restore both
expect_status 0 t host3 c changeconfig tank/a host2 tank/a
on host3 zfs inherit b:dest-fs tank/a # it does not see that
expect_status 0 t host2 c rejoin --force tank/a
on host3 zfs set b:dest-fs=tank/a tank/a
refuses 3 t host3 b sync tank/a
says 'receives from tank/a on host3 under tag c already' 'on host3, zrep -t b changeconfig tank/a host1 tank/a'
expect_status 0 t host3 b changeconfig tank/a host1 tank/a
refuses 3 t host3 b sync tank/a
says 'on host1, zrep -t b changeconfig tank/a host3 tank/a and zrep -t b rejoin tank/a'
expect_status 0 t host1 b changeconfig tank/a host3 tank/a
expect_status 0 t host1 b rejoin tank/a
for tag in b c; do
	expect_status 0 t host3 $tag sync tank/a
done
for h in host1 host2; do
	is "$(get $h tank/a file)" 'of c'
done

# A has come back to B, and then C is chosen: A, which has no pair with C any more, comes over. It keeps what only it has.
lab restore both
expect_status 0 t host1 b rejoin tank/a
expect_status 0 t host2 b sync tank/a
is "$(get host1 tank/a file)" 'of b'
expect_status 0 t host2 b changeconfig tank/a host3 tank/a
expect_status 0 t host2 b rejoin --force tank/a
over='on host3, zrep -t c rejoin tank/a'
refuses 3 t host3 c sync tank/a
says 'is not the replica of tank/a on host3 under tag c, but that of tank/a on host2 under tag b' "$over"
expect_status 1 t host3 c doctor tank/a
says "$over"
for verb in rejoin takeover; do
	refuses 3 t host1 b $verb tank/a
	says "$over"
done
unchanged expect_status 0 t host3 c -n rejoin tank/a
says 'is a replica of tank/a on host3 now (tag c), and not of tank/a on host2 (tag b)'
# Nothing is left behind by a command that does not bring it back: it follows B until it is known that it can.
follows() { is "$(prop host1 tank/a b:src-host) $(prop host1 tank/a c:src-host)" 'host2 -'; }
refuses 3 t host3 c --yes rejoin --discard tank/a
says 'nothing of that is discarded' "$over"
follows
unchanged expect_status 3 t host3 c -n rejoin --discard tank/a
says 'nothing of that is discarded' "$over"
on host3 zfs set d:src-host=host3 d:src-fs=tank/a d:dest-host=host4 d:dest-fs=tank/a d:master=yes d:switch='leaving 300' tank/a
refuses 3 t host3 c rejoin tank/a
says 'under tag d it is in the middle of a role change'
follows
for name in src-host src-fs dest-host dest-fs master switch; do on host3 zfs inherit d:$name tank/a; done
first=$(kept host1)
expect_status 0 t host3 c rejoin tank/a
for one in $(on host1 zfs list -Ho name | grep _kept_); do
	[[ $one == "$first" ]] || is "$(get host1 "$one" file)" 'of b'
done
leads_all host3 'of c'
expect_status 0 t host3 c failover tank/a
is "$(prop host1 tank/a c:master) $(prop host3 tank/a c:master)" "yes -"
