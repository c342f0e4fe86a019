#!/bin/bash
# always
# `sync all` takes every dataset that this host is master of. One that fails does not stop the rest.
. "$(dirname "$0")/lib.sh"

for ds in a b c d e; do pair tank/$ds; done
for ds in a b c d e; do echo "new in $ds" | put host1 tank/$ds file; done
spoil host2 tank/b mine
on host1 zfs set zrep:paused=yes tank/e
expect_status 3 zrep sync all
says '4 datasets: 3 sent' '1 failed' 'tank/b on host2 was changed' '@mine' '-> ' 'tank/e is paused'
for ds in a c d; do same file host1 tank/$ds host2 tank/$ds; done
is "$(get host2 tank/b file)" 'first words'
is "$(get host2 tank/e file)" 'first words'

# Two failures of different kinds are a 1.
on host2 zrep clear -f tank/c
on host1 zfs set zrep:dest-host=nowhere tank/d
expect_status 1 zrep sync all
says 'tank/b on host2' 'tank/c on host2' nowhere '3 failed'

unspoil host2 tank/b mine
refuses 3 zrep sync tank/e
says 'tank/e on host1 is paused' 'zrep unpause tank/e'
expect_status 0 zrep sync -f tank/b tank/e
same file host1 tank/b host2 tank/b
same file host1 tank/e host2 tank/e
