#!/bin/bash
# needs: userspace
# Going back without losing anything takes a clone. Where there is no room for one, that is said before anything is moved;
# where it turns out later, or something else is in the way, the dataset has its name again when the command has ended.
. "$(dirname "$0")/lib.sh"

there() { # it has its name, all that it had, and leads as before
	has host1 small/p/a
	is "$(guid host1 small/p/a)" "$id"
	is "$(on host1 zfs list -Ho name -r small/p | grep -c kept_ || true)" 0
	is "$(get host1 small/p/a l1)" "only here"
}
leads_as_before() {
	there
	is "$(roles host1 small/p/a)" 'yes host1 small/p/a host2 tank/a - off'
}

on host1 sh -c 'mkdir -p ~/scenario && truncate -s 96M ~/scenario/disk && zpool create -O mountpoint=none small ~/scenario/disk'
on host1 zfs create small/p
on host1 zfs create small/p/a
echo "first words" | put host1 small/p/a file
expect_status 0 zrep init small/p/a host2 tank/a
expect_status 0 on host2 zrep takeover -L --force -y tank/a
echo "only here" | put host1 small/p/a l1
on host1 zfs snapshot small/p/a@mine
id=$(guid host1 small/p/a)

# The quota of what it is in.
on host1 zfs set quota=3M small/p
head -c 20M /dev/urandom | put host1 small/p/a big 2>/dev/null || true
refuses 3 zrep rejoin small/p/a
says 'takes a clone beside it, and small/p has ' 'raise the quota' '--discard'
leads_as_before
on host1 zfs set quota=none small/p

# The pool.
head -c 200M /dev/urandom | put host1 small/p/a big 2>/dev/null || true
refuses 3 zrep rejoin small/p/a
says 'takes a clone beside it, and small/p has ' 'free space in pool small on host1'
leads_as_before
on host1 sh -c 'truncate -s 512M ~/scenario/disk && zpool online -e small ~/scenario/disk'

# What nobody can tell before: a limit.
on host1 zfs set filesystem_limit=1 small/p
expect_status 1 zrep rejoin small/p/a
says 'clone of small/p/a_kept_' 'has its name and all of its data again' 'stays the master, and is writable again'
leads_as_before

# A run that died when it was aside: while it is still so, the next one undoes that, whatever it was to do.
on host1 zfs set filesystem_limit=none small/p
lab ctl host1 arm -c RENAME 1 after zrep
zrep rejoin small/p/a >/dev/null 2>&1 || true
hasnt host1 small/p/a
on host1 zfs set filesystem_limit=1 small/p
expect_status 1 zrep sync small/p/a
says 'has its name and all of its data again'
there
is "$(prop host1 small/p/a readonly)" on

# What it was to keep may go after all.
expect_status 0 zrep rejoin -y --discard small/p/a
says_not 'preserved'
is "$(roles host1 small/p/a)" '- host2 tank/a host1 small/p/a - on'
hasnt host1 small/p/a@mine
