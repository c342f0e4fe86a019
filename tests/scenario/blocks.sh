#!/bin/bash
# Blocks arrive as they are on disk: large, compressed, embedded; also where the other side has other properties.
. "$(dirname "$0")/lib.sh"

feature() { on "$1" zpool get -Hpo value "feature@$2" tank; }
text() { seq 400000; } # compresses well
on host1 zfs create -o recordsize=1M -o compression=zstd tank/a
on host2 zfs create -o compression=off tank/b
text | put host1 tank/a text
fill host1 tank/a big 5
printf 'tiny' | put host1 tank/a tiny
expect_status 0 zrep init tank/a host2 tank/b/a
for f in text big tiny; do same $f host1 tank/a host2 tank/b/a; done
is "$(prop host2 tank/b/a recordsize) $(prop host2 tank/b/a compression)" '1048576 zstd'
for f in large_blocks zstd_compress; do is "$(feature host2 $f)" active; done

# Not larger than it was: neither uncompressed nor in small blocks.
near() { [[ $(prop host2 "$1" referenced) -le $(($(prop host1 "$1" referenced) * 11 / 10)) ]] || fail "$1 has grown on the way"; }
on host1 zfs create -o recordsize=1M -o compression=zstd tank/b
on host1 zfs create tank/b/heir # has them from above; its replica has them too
text | put host1 tank/b/heir text
expect_status 0 zrep init tank/b/heir host2 tank/b/heir
is "$(prop host2 tank/b/heir recordsize) $(prop host2 tank/b/heir compression)" '1048576 zstd'
near tank/b/heir

# What is set anew later counts for what is written from then on.
on host1 zfs set recordsize=16M tank/a 2>/dev/null || on host1 zfs set recordsize=1M tank/a
on host1 zfs set compression=lz4 tank/b
fill host1 tank/a huge 20
text | tac | put host1 tank/a text
for ds in a b/heir; do
	[[ $ds == a ]] || { text | rev | put host1 tank/$ds more; }
	expect_status 0 zrep sync tank/$ds
done
for f in text big tiny huge; do same $f host1 tank/a host2 tank/b/a; done
for f in text more; do same $f host1 tank/b/heir host2 tank/b/heir; done
near tank/b/heir

# And back.
expect_status 0 zrep failover tank/a
fill host2 tank/b/a huge 3
text | put host2 tank/b/a tiny
expect_status 0 on host2 zrep failover tank/b/a
for f in text big tiny huge; do same $f host1 tank/a host2 tank/b/a; done
