#!/bin/bash
# Names that are none, or of nothing.
. "$(dirname "$0")/lib.sh"

pair
refuses 1 zrep sync tank/none
says 'tank/none on host1 does not exist'
refuses 3 zrep sync nopool/none
says 'pool nopool is not imported on host1'
refuses 1 zrep init tank/none host2 tank/none
says 'tank/none on host1 does not exist'
refuses 2 zrep snaponly tank/a@zrep_000000
says 'is a snapshot' 'tank/a'
refuses 3 zrep init tank/a@nothing host2 tank/b
says 'tank/a on host1 is replicated to tank/a on host2 already'
refuses 2 zrep status tank/a@zrep_000000
for name in '' /tank tank/ tank//a 'tank/a;b' -tank tank/.. 'tank/a '; do
	expect_status 2 zrep sync -- "$name"
	says 'is no dataset name'
done
refuses 3 zrep init tank/a host2 tank/other
says 'tank/a on host1 is replicated to tank/a on host2 already' '-t TAG'

# So long that no snapshot's name would fit behind it.
long=tank/$(printf 'n%.0s' {1..120})/$(printf 'm%.0s' {1..123})
on host1 zfs create -p "$long"
refuses 3 zrep init "$long" host2 tank/b
says 'leaves no room' "$long"
on host1 zfs create tank/b
refuses 3 zrep init tank/b host2 "$long"
says 'leaves no room' "$long"
refuses 3 zrep init tank/b host2 tank/no/such/parent
says 'tank/no/such/parent on host2 has no parent' 'zfs create -p tank/no/such'
refuses 3 zrep init tank/b host2 nopool
says 'no pool nopool on host2'
refuses 3 zrep init tank/b host2 nopool/b

# A line break in what is stored: it is told on which host to look.
on host1 zfs create tank/other
zrep init tank/other host2 tank/other
on host2 zfs set "zrep:error=$(printf 'x\ny')" tank/other
refuses 3 zrep sync tank/other
says 'tank/other on host2 cannot be listed: zrep:error has a line break or a tab' '-> on host2, zfs get zrep:error tank/other shows it'
on host2 zfs inherit zrep:error tank/other
expect_status 0 zrep sync tank/other
