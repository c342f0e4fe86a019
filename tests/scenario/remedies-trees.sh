#!/bin/bash
# What is said of trees and of what arrives in them, pasted as it is printed: it is better, and nothing beside it is worse.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

bystand
t='tank/a tree'
for ds in "$t" "$t/b" "$t/c"; do on host1 zfs create "$ds"; done
z host1 init -R "$t" host2 "$t" >/dev/null

# Its replica of what was renamed has something else in it.
on host2 zfs create -o readonly=off "$t/b/mine"
echo mine | put host2 "$t/b/mine" file
on host1 zfs rename "$t/b" "$t/b 2"
fails 3 host1 zrep -t off sync "$t"
remedy host2 "zfs rename '$t/b' '$t/b 2'"
cured host1 zrep -t off sync "$t"
is "$(get host2 "$t/b 2/mine" file)" mine
on host2 zfs destroy "$t/b 2/mine"

# init, asked for again after something was renamed.
on host1 zfs rename "$t/c" "$t/c 2"
fails 3 host1 zrep -t off init -R "$t" host2 "$t"
remedy host1 "zrep -t off sync -R '$t'"
cured host1 zrep -t off check "$t"
has host2 "$t/c 2"

# A new one whose name there belongs to a pair.
on host1 zfs create "$t/d"
on host1 zfs create 'tank/one more'
on host1 zrep -t other init 'tank/one more' host2 "$t/d" >/dev/null
fails 3 host1 zrep -t off sync "$t"
remedy host1 "zfs set off:exclude=yes '$t/d'"
cured host1 zrep -t off sync "$t"
cured host1 zrep -t other sync 'tank/one more'

# A name that would be too long there.
long=$(printf '%0200d' 0)
on host1 zfs create 'tank/l t'
z host1 init -R 'tank/l t' host2 "tank/l tree and some more words that make its name so long" >/dev/null
on host1 zfs create "tank/l t/$long"
fails 1 host1 zrep -t off sync 'tank/l t'
remedy host1 "zfs set off:exclude=yes 'tank/l t/$long'"
cured host1 zrep -t off sync 'tank/l t'

# Plain data in an encrypted tree.
on host1 sh -c "echo 12345678 | zfs create -o encryption=on -o keyformat=passphrase 'tank/e t'"
on host1 zfs create -o encryption=off 'tank/e t/plain'
fails 3 host1 zrep -t off init -R 'tank/e t' host2 'tank/e t'
remedy host1 "zfs set off:exclude=yes 'tank/e t/plain'"
cured host1 zrep -t off init -R 'tank/e t' host2 'tank/e t'
cured host1 zrep -t off init 'tank/e t/plain' host2 'tank/plain of e'
cured host1 zrep -t off sync -R 'tank/e t'
cured host1 zrep -t off check 'tank/e t/plain'

# half_init WHAT REPLICA: a first copy, killed when some of it has come.
half_init() {
	begin 6 zrep -t off init "$1" host2 "$2"
	signal KILL
	ended 137
	within 20 has host2 "$2"
	within 20 idle
}
# A copy that has broken off is no replica yet.
on host1 zfs create 'tank/p 1'
fill host1 'tank/p 1' big 12
half_init 'tank/p 1' 'tank/p 1'
expect_status 0 on host2 zrep -t off changeconfig -f -d 'tank/p 1' host1 'tank/p 1'
fails 3 host2 zrep -y -t off takeover -L 'tank/p 1'
remedy host1 "zrep -t off init 'tank/p 1' host2 'tank/p 1'"
cured host1 zrep -t off check 'tank/p 1'
# One whose snapshots were all destroyed: what is said then is what helps.
made 'tank/p 0'
on host2 sh -c "zfs list -Hd 1 -t snapshot -o name 'tank/p 0' | while read -r s; do zfs release off \"\$s\"; zfs destroy \"\$s\"; done"
fails 3 host2 zrep -y -t off takeover -L 'tank/p 0'
told host1 "zrep -t off sync 'tank/p 0'"
fails 3 host1 zrep -t off sync 'tank/p 0'
remedy host2 "zfs rename 'tank/p 0' 'tank/p 0'_before"
remedy host1 "zrep -t off clear 'tank/p 0'"
remedy host1 "zrep -t off init 'tank/p 0' host2 'tank/p 0'"
cured host1 zrep -t off check 'tank/p 0'
# A first copy that cannot be finished any more,
on host1 zfs create 'tank/p 2'
fill host1 'tank/p 2' big 12
half_init 'tank/p 2' 'tank/p 2'
on host1 zfs destroy 'tank/p 2@off_000000'
fails 3 host1 zrep -t off init 'tank/p 2' host2 'tank/p 2'
remedy host2 "zfs receive -A 'tank/p 2'"
cured host1 zrep -t off init 'tank/p 2' host2 'tank/p 2'
# one of a snapshot of somebody's, finished, or begun anew,
for way in finish anew; do
	on host1 zfs create "tank/p $way"
	fill host1 "tank/p $way" big 12
	on host1 zfs snapshot "tank/p $way@daily"
	half_init "tank/p $way@daily" "tank/p $way"
	fails 3 host1 zrep -t off init "tank/p $way" host2 "tank/p $way"
	if [[ $way == finish ]]; then
		remedy host1 "zrep -t off init 'tank/p $way'@daily host2 'tank/p $way'"
	else
		remedy host2 "zfs receive -A 'tank/p $way'"
		cured host1 zrep -t off init "tank/p $way" host2 "tank/p $way"
	fi
	cured host1 zrep -t off sync "tank/p $way"
done
# and one over something that was there, that is to go or to stay.
for way in over stay; do
	on host1 zfs create "tank/q $way"
	fill host1 "tank/q $way" big 12
	on host2 zfs create "tank/q $way"
	echo 'of somebody' | put host2 "tank/q $way" old
	begin 6 zrep -t off init -f "tank/q $way" host2 "tank/q $way"
	signal KILL
	ended 137
	within 20 [ "$(prop host2 "tank/q $way" receive_resume_token)" != - ]
	within 20 idle
	fails 3 host1 zrep -t off init "tank/q $way" host2 "tank/q $way"
	if [[ $way == over ]]; then
		remedy host1 "zrep -t off init -f 'tank/q $way' host2 'tank/q $way'"
		cured host1 zrep -t off sync "tank/q $way"
	else
		remedy host2 "zfs receive -A 'tank/q $way'"
		is "$(get host2 "tank/q $way" old)" 'of somebody'
		unharmed
	fi
done
