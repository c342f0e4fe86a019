#!/bin/bash
# What is said of pools and of holds, pasted as it is printed: it is better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='usb/my a'
bystand
for host in host1 host2; do
	on $host sh -c 'truncate -s 128M ~/disk-usb; zpool create -O mountpoint=none usb ~/disk-usb'
	# In the lab a pool is a file, and its directory has to be named.
	on $host sh -c 'mkdir -p ~/bin; cat >~/bin/zpool; chmod +x ~/bin/zpool' <<-'END'
		#!/bin/sh
		real=$(PATH=${PATH#*:} command -v zpool)
		[ "$1" != import ] || { shift; exec "$real" import -d ~ "$@"; }
		exec "$real" "$@"
	END
done
made "$a"
more() { echo "$RANDOM" | put host1 "$a" file; }
# pool HOST COMMAND: as remedy, of zpool.
pool() {
	local before=$said
	told "$@"
	expect_status 0 on "$1" sh -c "PATH=~/bin:\$PATH; $2"
	said=$before
}

# Away, of either side: said by whoever looks.
more
on host2 zpool export usb
fails 3 host1 zrep -t off sync "$a"
pool host2 'zpool import usb'
cured host1 zrep -t off sync "$a"
on host1 zpool export usb
fails 3 host2 zrep -t off refresh "$a"
pool host1 'zpool import usb'
cured host2 zrep -t off refresh "$a"
on host2 zpool export usb
on host1 zfs create 'usb/new one'
fails 3 host1 zrep -t off init 'usb/new one' host2 'usb/new one'
pool host2 'zpool import usb'
cured host1 zrep -t off init 'usb/new one' host2 'usb/new one'

# Read-only.
more
on host2 sh -c 'zpool export usb; zpool import -o readonly=on -d ~ usb'
fails 1 host1 zrep -t off sync "$a"
pool host2 'zpool export usb'
pool host2 'zpool import usb'
cured host1 zrep -t off sync "$a"

# Room for a stream: a feature that the pool lacks.
on host2 sh -c 'truncate -s 128M ~/disk-old; f=; for x in async_destroy empty_bpobj lz4_compress spacemap_histogram enabled_txg hole_birth extensible_dataset embedded_data bookmarks filesystem_limits; do f="$f -o feature@$x=enabled"; done; zpool create -d $f -O mountpoint=none old ~/disk-old'
on host1 zfs create -o recordsize=1M 'usb/large a'
head -c 2M /dev/urandom | put host1 'usb/large a' file
for _ in 1 2 3 4 5 6 7 8 9; do
	said=$(z host1 init 'usb/large a' host2 'old/large a' 2>&1) && break
	said_on=host1
	printf '%s\n' "$said"
	command=$(grep -o 'zpool set feature@[a-z0-9_]*=enabled old' <<<"$said")
	remedy host2 "$command"
done
cured host1 zrep -t off check 'usb/large a'

# A limit that is in the way of going back.
made 'usb/small a'
spoil host2 'usb/small a' mine
on host2 zfs hold me 'usb/small a@mine'
echo more | put host1 'usb/small a' file
fails 3 host1 zrep -t off sync -f 'usb/small a'
remedy host2 "zfs release me 'usb/small a'@mine"
cured host1 zrep -t off sync -f 'usb/small a'

# The pool is away when an init was not finished, and when a role change died: whoever looks is told.
on host1 zfs create 'usb/b a'
on host1 zfs set off:src-host=host1 'off:src-fs=usb/b a' off:dest-host=host2 'off:dest-fs=usb/b a' 'usb/b a'
on host2 zpool export usb
fails 1 host1 zrep -t off doctor 'usb/b a'
pool host2 'zpool import usb'
unharmed
z host1 init 'usb/b a' host2 'usb/b a' >/dev/null
on host1 zfs set 'off:switch=leaving 1' off:readonly=inherited readonly=on 'usb/b a'
on host2 zpool export usb
fails 5 host1 zrep -t off sync 'usb/b a'
pool host2 'zpool import usb'
remedy host1 "zrep -t off doctor --fix 'usb/b a'"
cured host1 zrep -t off sync 'usb/b a'
