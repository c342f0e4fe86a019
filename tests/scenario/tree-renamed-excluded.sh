#!/bin/bash
# What was taken out of a tree is renamed: its replica does not follow, and a takeover of the tree is refused for that. check says so
# on both hosts, and what it prints has the tree move.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"
tag=zrep

for name in '' /a /x; do on host1 zfs create "tank/t$name"; done
zrep init -R tank/t host2 tank/t >/dev/null
on host1 zfs set zrep:exclude=yes tank/t/x
zrep sync tank/t >/dev/null
expect_status 0 on host1 zrep check tank/t
on host1 zfs rename tank/t/x tank/t/y
zrep sync tank/t >/dev/null

# It would become read-only with the tree.
fails 1 host1 zrep check tank/t
says 'a takeover of tank/t on host2 would be refused' 'zfs rename tank/t/y tank/t/x'
says_not 'zrep sync tank/t'
# That it does not makes no difference to whom its replica belongs.
on host1 zfs set readonly=off tank/t/y
fails 1 host1 zrep check tank/t
says 'a takeover of tank/t on host2 would be refused: tank/t/y on host1 is excluded, and was tank/t/x'
fails 3 host2 zrep takeover tank/t
says 'is tank/t/y there now' 'on host1, zfs rename tank/t/y tank/t/x'
fails 1 host1 zrep doctor tank/t
says 'a takeover of tank/t on host2 would be refused: tank/t/y on host1 is excluded'
fails 2 host2 zrep check tank/t
remedy host1 'zfs rename tank/t/y tank/t/x'
expect_status 0 on host1 zrep check tank/t
expect_status 0 on host2 zrep takeover tank/t
is "$(prop host2 tank/t readonly)$(prop host1 tank/t readonly)" offon
