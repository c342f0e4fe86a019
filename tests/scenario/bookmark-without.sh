# Without the feature, or without the permission, all is as it was before there were bookmarks; a user is told.
# needs: userspace
. "$(dirname "$0")/lib.sh"

marks() { on "$1" zfs list -Ht bookmark -o name -r "$2"; }

# --- a pool that has none ---
on host1 sh -c 'truncate -s 128M ~/disk; zpool create -d -o feature@extensible_dataset=enabled -O mountpoint=none old ~/disk'
is "$(prop host1 old feature@bookmarks 2>/dev/null || on host1 zpool get -Ho value feature@bookmarks old)" disabled
on host1 zfs create old/a
echo one | put host1 old/a file
expect_status 0 zrep init old/a host2 tank/old
echo two | put host1 old/a file
on host1 zfs snapshot old/a@daily
expect_status 0 zrep sync old/a
says_not bookmark
is "$(marks host1 old)" ''
is "$(snaps host2 tank/old)" 'zrep_000000 daily zrep_000001'
expect_status 0 zrep sync old/a
expect_status 0 zrep check -v
says 'has no bookmark' 'feature@bookmarks'
expect_status 3 zrep expire --release old/a
on host1 zpool set feature@bookmarks=enabled old
expect_status 0 zrep doctor --fix old/a
says 'mended' 'bookmarks it'
[[ -n $(marks host1 old) ]]
expect_status 0 zrep clear -f old/a
is "$(marks host1 old)" ''

# --- a user who may not ---
there="env UZFS_UID=1000 ZREP_RUNDIR=$WORK/run-there zrep"
as_user() { on "$1" env "${user[@]}" ZREP_PATH="$there" zrep "${@:2}"; }
on host1 zfs create tank/a
echo one | put host1 tank/a file
expect_status 0 zrep init tank/a host2 tank/a
for host in host1 host2; do
	on $host zfs allow -u 1000 canmount,clone,create,destroy,hold,mount,promote,readonly,receive,release,rename,rollback,send,snapshot,userprop tank/a
done
n=$(marks host1 tank/a | wc -l)
echo two | put host1 tank/a file
expect_status 0 as_user host1 sync tank/a
says_not bookmark
is "$(marks host1 tank/a | wc -l)" "$n"
expect_status 0 as_user host1 check -v tank/a
says 'has no bookmark' 'zrep allow'
expect_status 0 zrep allow --user 1000 tank/a
says bookmark,
on host1 zfs allow -u 1000 bookmark tank/a
echo three | put host1 tank/a file
expect_status 0 as_user host1 sync tank/a
[[ $(marks host1 tank/a | wc -l) -gt $n ]] || fail 'none was made'
same file host1 tank/a host2 tank/a
on host1 sh -c 'zfs release zrep tank/a@zrep_000002; zfs destroy tank/a@%'
echo four | put host1 tank/a file
expect_status 0 as_user host1 sync tank/a
says 'goes on from its bookmark'
same file host1 tank/a host2 tank/a
