#!/bin/bash
# A tree with a child that inherits its key and one with a key of its own: both sides use the same keys for the same datasets,
# and after every change of the role it is read with the keys loaded anew after a restart.
. "$(dirname "$0")/lib.sh"

roots() { # HOST: whose key each uses
	is "$(prop "$1" tank/e encryptionroot) $(prop "$1" tank/e/heir encryptionroot) $(prop "$1" tank/e/own encryptionroot)" \
		"tank/e tank/e tank/e/own"
}
of_tree=tree-phrase of_own=own-phrase
load() { on "$1" sh -c "echo $of_tree | zfs load-key tank/e; echo $of_own | zfs load-key tank/e/own"; }
restart() { lab kill "$1"; lab start "$1"; load "$1"; }
reads() { # HOST TEXT
	local ds
	for ds in e e/heir e/own; do is "$(get "$1" tank/$ds file)" "$2 in $ds"; done
}
writes() {
	local ds
	for ds in e e/heir e/own; do echo "$2 in $ds" | put "$1" tank/$ds file; done
}
enc=(-o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000)
on host1 sh -c "echo $of_tree | zfs create ${enc[*]} tank/e; echo $of_own | zfs create ${enc[*]} tank/e/own; zfs create tank/e/heir"
writes host1 first
expect_status 0 zrep init -R tank/e host2 tank/e
roots host2
expect_status 3 zrep failover tank/e
says 'the key of tank/e on host2 is not loaded' 'the key of tank/e/heir on host2' 'zfs load-key tank/e' 'zfs load-key tank/e/own'
led_by host1 tank/e
load host2
expect_status 0 zrep check tank/e

expect_status 0 zrep failover tank/e
restart host2
reads host2 first
writes host2 second
expect_status 0 on host2 zrep sync tank/e
roots host1
restart host1
expect_status 0 zrep check tank/e
expect_status 0 on host2 zrep failover tank/e
restart host1
reads host1 second

# The key of the tree is changed: one run brings it to all that use it.
of_tree=other-phrase
on host1 sh -c "printf '$of_tree\n$of_tree\n' | zfs change-key -o pbkdf2iters=100000 tank/e"
expect_status 0 zrep sync tank/e
says 'tank/e/heir -> host2:tank/e/heir  @zrep_000002' 'tank/e/own -> host2:tank/e/own  unchanged'
expect_status 2 zrep check
says 'does not open it'
restart host2
roots host2
expect_status 0 zrep check tank/e
writes host1 third
expect_status 0 zrep sync tank/e

# The master dies; the replica takes over, changes its key, and the other comes back.
lab kill host1
expect_status 0 on host2 zrep -y takeover -L tank/e
restart host2
reads host2 third
writes host2 fourth
of_tree=last-phrase
on host2 sh -c "printf '$of_tree\n$of_tree\n' | zfs change-key -o pbkdf2iters=100000 tank/e"
lab start host1
expect_status 0 zrep rejoin tank/e
expect_status 0 on host2 zrep sync tank/e
roots host1
restart host1
expect_status 0 on host2 zrep check tank/e
expect_status 0 on host2 zrep failover tank/e
restart host1
reads host1 fourth
expect_status 0 zrep sync tank/e

# A child that is given a key of its own has one on both sides, and one that inherits again does so on both.
of_own=$of_tree
on host1 zfs change-key -i tank/e/own
expect_status 0 zrep sync tank/e
on host1 sh -c "printf 'heir-phrase\nheir-phrase\n' | zfs change-key -o keyformat=passphrase -o pbkdf2iters=100000 tank/e/heir"
expect_status 0 zrep sync tank/e
lab kill host2
lab start host2
expect_status 0 zrep sync tank/e
is "$(prop host2 tank/e/heir encryptionroot) $(prop host2 tank/e/own encryptionroot)" 'tank/e/heir tank/e'
on host2 sh -c "echo $of_tree | zfs load-key tank/e; echo heir-phrase | zfs load-key tank/e/heir"
expect_status 0 zrep check tank/e
expect_status 0 zrep failover tank/e
reads host2 fourth
