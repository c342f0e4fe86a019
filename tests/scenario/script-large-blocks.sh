#!/bin/bash
# needs: userspace
# limit: 240
# A pair of the script's, which sent without -L, so that the replica got small blocks in place of large ones. Where it
# refuses a stream with large ones, the same is sent without, at once, and that is remembered on both sides.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

# split_pair VERSION DATASET [MEGABYTES]: with a large file.
split_pair() {
	for host in host1 host2; do # as script_pair makes it, with a file in it
		has $host tank/parent || on $host zfs create -o recordsize=1M tank/parent
	done
	script_pair "$1" host1 "$2"
	fill host1 "$2" movie "${3:-3}"
	script_sync host1 "$2"
	same movie host1 "$2" host2 "$2"
}
blocks() { prop "$1" "$2" zrep:large-blocks; }

for version in 1.8 2.0; do
	ds=tank/parent/a${version%.*}
	split_pair $version "$ds"
	fill host1 "$ds" movie 3
	fill host1 "$ds" large 12
	expect_status 0 zrep sync "$ds"
	says "$ds on host2 did not accept large blocks: they are sent as small ones from now on" "-> host2:$ds"
	for f in movie large file; do same $f host1 "$ds" host2 "$ds"; done
	is "$(blocks host1 "$ds") $(blocks host2 "$ds")" 'no no'
	is "$(prop host2 "$ds" receive_resume_token)" -

	# At once the next time, here or there, small files or large ones.
	fill host1 "$ds" movie 4
	expect_status 0 zrep -n sync "$ds"
	says 'without large blocks'
	expect_status 0 zrep sync "$ds"
	says_not 'did not accept'
	echo small | put host1 "$ds" file
	expect_status 0 on host2 zrep refresh "$ds"
	says_not 'did not accept'
	for f in movie large file; do same $f host1 "$ds" host2 "$ds"; done
	expect_status 1 zrep check "$ds"
	says 'WARNING' 'ZFS takes no stream back'

	# The role can move. Nothing comes back into a dataset that has large blocks, and that is what is said.
	echo "last words" | put host1 "$ds" file
	expect_status 3 zrep failover "$ds" </dev/null # a way without return is for somebody to choose
	says 'ZFS takes no stream back' 'say -y if it is meant'
	is "$(prop host1 "$ds" zrep:master) $(prop host1 "$ds" zrep:switch)" 'yes -'
	expect_status 0 zrep -y failover "$ds"
	says 'ZFS takes no stream back' "as the replica, $ds on host1 has to be made anew"
	is "$(get host2 "$ds" file)" 'last words'
	for f in movie large file; do same $f host1 "$ds" host2 "$ds"; done
	echo "on host2" | put host2 "$ds" file
	expect_status 1 on host2 zrep sync "$ds"
	says 'large blocks were sent before and are not now' 'to begin anew beside it: on host'
	expect_status 2 on host2 zrep check "$ds"
	says 'CRITICAL' 'large blocks were sent before'
	expect_status 2 on host2 zrep status -m "$ds"
	expect_status 1 on host2 zrep doctor "$ds"
	says 'the pair has no working replica'
	# Anew, it has what it is sent, and the notes of the old copy are gone.
	on host1 zfs rename "$ds" "$ds-old"
	expect_status 0 on host2 zrep clear -f "$ds"
	expect_status 0 on host2 zrep init "$ds" host1 "$ds"
	is "$(blocks host1 "$ds") $(blocks host2 "$ds")" '- -'
	for f in movie large file; do same $f host1 "$ds" host2 "$ds"; done
	fill host2 "$ds" movie 3
	expect_status 0 on host2 zrep sync "$ds"
	expect_status 0 zrep takeover "$ds"
	fill host1 "$ds" movie 3
	expect_status 0 zrep sync "$ds"
	same movie host1 "$ds" host2 "$ds"
done

# Sent again without large blocks, it broke off: it is resumed as it was, and remembered when it is known again.
ds=tank/parent/b
split_pair 2.0 $ds
fill host1 $ds movie 30
begin 12 zrep sync $ds
lab drop
ended 5
within 10 [ "$(prop host2 $ds receive_resume_token)" != - ]
echo "written meanwhile" | put host1 $ds file
expect_status 0 zrep sync $ds
for f in movie file; do same $f host1 $ds host2 $ds; done
is "$(prop host2 $ds receive_resume_token)" -
fill host1 $ds movie 3
expect_status 0 zrep sync $ds
same movie host1 $ds host2 $ds
is "$(blocks host1 $ds) $(blocks host2 $ds)" 'no no'

# Noted by mistake: it takes nothing without large blocks, and the note goes.
ds=tank/parent/c
on host1 zfs create $ds
fill host1 $ds movie 3
expect_status 0 zrep init $ds host2 $ds
for host in host1 host2; do on $host zfs set zrep:large-blocks=no $ds; done
fill host1 $ds movie 3
expect_status 0 zrep sync $ds
same movie host1 $ds host2 $ds
is "$(blocks host1 $ds) $(blocks host2 $ds)" '- -'
expect_status 0 zrep check $ds

# The operator's own flags without -L: nothing is refused, and nothing has to be remembered.
ds=tank/parent/d
split_pair 2.0 $ds
fill host1 $ds movie 3
expect_status 0 on host1 env ZREP_SEND_FLAGS='-c -e' zrep sync $ds
same movie host1 $ds host2 $ds
is "$(blocks host1 $ds) $(blocks host2 $ds)" '- -'

# It has got some of both: then nothing fits, and that is said.
ds=tank/parent/e
split_pair 2.0 $ds
for i in $(seq 80); do echo "$i" | put host1 $ds "f$i"; done
script_sync host1 $ds
fill host1 $ds f76 5
expect_status 0 zrep sync $ds
fill host1 $ds movie 3
expect_status 1 zrep sync $ds
says 'sent again without large blocks' 'no stream fits any more'

# Encrypted, it is sent raw, and that has them always.
key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
on host1 sh -c "echo $key | zfs create -o recordsize=1M -o encryption=on -o keyformat=hex tank/f"
fill host1 tank/f movie 3
expect_status 0 zrep init tank/f host2 tank/f
for host in host1 host2; do on $host zfs set zrep:large-blocks=no tank/f; done
fill host1 tank/f movie 3
expect_status 0 zrep -n sync tank/f
says_not 'without large blocks'
expect_status 0 zrep sync tank/f
