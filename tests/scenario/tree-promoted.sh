#!/bin/bash
# A promoted clone can be in the dataset that is a clone of it now, and two such datasets can wait for each other.
. "$(dirname "$0")/lib.sh"

# promoted TOP IN: TOP becomes a clone of IN, which is below it or elsewhere.
promoted() {
	on host1 zfs snapshot "$1@s"
	on host1 zfs clone "$1@s" "$2"
	on host1 zfs promote "$2"
}
for d in a a/b a/c e e/f e/g e/f/one e/g/two; do on host1 zfs create "tank/$d"; echo "words of $d" | put host1 "tank/$d" file; done
promoted tank/a/b tank/a/b/in
expect_status 0 timeout "$(slowly 60)" "$LAB" on host1 zrep init -R tank/a host2 tank/a
for d in a/b a/b/in a/c; do same file host1 "tank/$d" host2 "tank/$d"; done

# f is a clone of what is in g, and g of what is in f.
promoted tank/e/f tank/e/g/in
promoted tank/e/g tank/e/f/in
expect_status 3 timeout "$(slowly 60)" "$LAB" on host1 zrep init -R tank/e host2 tank/e
says 'tank/e/f waits for itself: it is a clone of a dataset that is to be in it' 'zrep init'
