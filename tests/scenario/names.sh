#!/bin/bash
# Whatever ZFS takes for a name is replicated: blanks, colons, dots, and as long as can be.
. "$(dirname "$0")/lib.sh"

long=tank/$(printf 'n%.0s' {1..100})/$(printf 'm%.0s' {1..120})
on host1 zfs create -p "$long"
on host2 zfs create -p "${long%/*}"
for ds in 'tank/two words' tank/a:b.c_d-e "$long"; do
	[[ $ds == "$long" ]] || on host1 zfs create "$ds"
	echo "of $ds" | put host1 "$ds" 'a file'
	expect_status 0 zrep init "$ds" host2 "$ds"
	echo "more of $ds" | put host1 "$ds" 'a file'
	expect_status 0 zrep sync "$ds"
	same 'a file' host1 "$ds" host2 "$ds"
done
on host1 zfs snapshot 'tank/two words@and two more'
echo "and more" | put host1 'tank/two words' 'a file'
expect_status 0 zrep sync all
same 'a file' host1 'tank/two words' host2 'tank/two words'
has host2 'tank/two words@and two more'
expect_status 0 zrep expire all
expect_status 0 zrep clear -f 'tank/two words'
is "$(snaps host1 'tank/two words')" 'and two more'
