#!/bin/bash
# The destination was made by hand, with options of its own, and has no snapshot: with -f the first copy takes the place
# of what is in it.
. "$(dirname "$0")/lib.sh"

on host1 zfs create -o compression=lz4 tank/a
fill host1 tank/a big 20
echo "words" | put host1 tank/a file
on host2 zfs create -o compression=gzip -o recordsize=64K -o com.example:by=hand tank/a
on host2 zfs create tank/a/child
echo "of somebody" | put host2 tank/a old
on host2 zpool sync
refuses 3 zrep init tank/a host2 tank/a
says 'tank/a on host2 exists already, without a snapshot' 'KiB of data' 'zrep init -f tank/a host2 tank/a'
unchanged expect_status 0 zrep -n init -f tank/a host2 tank/a
says 'what is in tank/a on host2' 'over what is there'

# It breaks off. Until it is whole, what is there stays, and can be kept.
begin 12 zrep init -f tank/a host2 tank/a
signal TERM
ended 1
says 'what is in tank/a on host2'
within 10 sh -c '[ "$("$1" on host2 zfs get -Hpo value receive_resume_token tank/a)" != - ]' sh "$LAB"
within 10 idle
is "$(get host2 tank/a old)" 'of somebody'
is "$(roles host1 | cut -d ' ' -f 1)" -
refuses 3 zrep init tank/a host2 tank/a
says 'the first copy that is to replace' 'zrep init -f tank/a host2 tank/a goes on with it' 'zfs receive -A tank/a'

# A snapshot that somebody takes of it is not ours to destroy.
on host2 zfs snapshot tank/a@hourly
refuses 3 zrep init -f tank/a host2 tank/a
says 'no snapshot in common'
on host2 zfs destroy tank/a@hourly

expect_status 0 zrep --json init -f tank/a host2 tank/a
[[ $(jq '.datasets[].bytes' <<<"$(grep '^{' <<<"$said")") -lt 20000000 ]] || fail 'it began anew'
led_by host1
same big host1 tank/a host2 tank/a
! get host2 tank/a old 2>/dev/null || fail 'old is still there'
is "$(prop host2 tank/a compression) $(prop host2 tank/a recordsize) $(prop host2 tank/a com.example:by)" 'gzip 65536 hand'
has host2 tank/a/child
echo "more words" | put host1 tank/a file
synced

# A snapshot that comes between the look and the receive: the receiving side looks itself. (ZFS, forced, would
# destroy it.)
on host1 zfs create tank/b
on host2 zfs create tank/b
on host2 sh -c 'mkdir -p ~/scenario; cat >~/scenario/zfs; chmod +x ~/scenario/zfs' <<-'END'
	#!/bin/sh
	PATH=${PATH#*:}
	case " $* " in *" -d 1 -t snapshot -o name "*) zfs snapshot tank/b@meanwhile ;; esac
	exec zfs "$@"
END
# shellcheck disable=SC2016
expect_status 3 on host1 env ZREP_PATH='env PATH=$HOME/scenario:$PATH zrep' zrep init -f tank/b host2 tank/b
says 'tank/b on host2 is not received over: it has got a snapshot meanwhile'
is "$(snaps host2 tank/b)" meanwhile
is "$(roles host1 tank/b | cut -d ' ' -f 1)" -
on host2 zfs destroy tank/b@meanwhile
expect_status 0 zrep init -f tank/b host2 tank/b

# What ZFS cannot do.
on host1 sh -c 'echo "a long passphrase" | zfs create -o encryption=on -o keyformat=passphrase tank/secret'
on host2 zfs create tank/secret
refuses 3 zrep init -f tank/secret host2 tank/secret
says 'the copy is encrypted' 'zfs destroy tank/secret'
on host2 sh -c 'echo "a long passphrase" | zfs create -o encryption=on -o keyformat=passphrase tank/vault'
on host1 zfs create tank/c
refuses 3 zrep init -f tank/c host2 tank/vault
says 'it is encrypted'
on host2 zfs snapshot tank/secret@s
on host2 zfs clone tank/secret@s tank/clone
refuses 3 zrep init -f tank/c host2 tank/clone
says 'it is a clone'

# Volumes: of the same size.
on host1 zfs create -s -V 16M tank/v
head -c 1000000 /dev/urandom | put host1 tank/v 4096
on host2 zfs create -V 24M -o compression=gzip tank/v
echo "of somebody" | put host2 tank/v 0
refuses 3 zrep init -f tank/v host2 tank/v
says 'not of the size' 'zfs set volsize=16777216 tank/v'
on host2 zfs set volsize=16M tank/v
refuses 3 zrep init tank/v host2 tank/v
expect_status 0 zrep init -f tank/v host2 tank/v
same 0+2000000 host1 tank/v host2 tank/v
is "$(prop host2 tank/v compression)" gzip
head -c 300000 /dev/urandom | put host1 tank/v 8000000
expect_status 0 zrep sync tank/v
same 8000000+300000 host1 tank/v host2 tank/v
refuses 3 zrep init -f tank/c host2 tank/w-none/x
on host2 zfs create -V 16M tank/w
refuses 3 zrep init -f tank/c host2 tank/w
says 'one is a volume'
