#!/bin/bash
# always
# status and list say how things are: for people within 80 columns, for scripts as JSON.
. "$(dirname "$0")/lib.sh"

expect_status 0 zrep status
says 'no dataset on host1'
pair
for host in host1 host2; do on $host zfs create tank/a-dataset-of-a-longer-name; done
pair tank/a-dataset-of-a-longer-name/and-a-child-of-it-with-one
fill host1 tank/a more 2
on host1 zpool sync tank

expect_status 0 zrep status
says DATASET 'host2:tank/a' ' ok'
expect_status 0 on host1 script -qec 'stty cols 80; zrep status' /dev/null
says DATASET '..'
is "$(tr -d '\r' <<<"$said" | awk 'length > 80')" ''
expect_status 0 zrep status -v tank/a
says 'destination  host2:tank/a' '@zrep_000000' 'savecount    5' 'unsent       2.1 MiB'
expect_status 0 on host2 zrep status
says 'no dataset on host2 is mastered here'
expect_status 0 on host2 zrep status -a
says 'host1:tank/a' replica
expect_status 0 zrep -s
says 'host2:tank/a'
expect_status 1 zrep status tank tank/a
says 'tank on host1 is not replicated' 'host2:tank/a'
expect_status 1 zrep status tank/none
says 'tank/none on host1 does not exist'

is "$(on host1 zrep --json status | jq -r '.datasets."tank/a" | .role, .state, .peer, .unsent_bytes > 2000000' | paste -sd ' ')" \
	'master ok host2:tank/a true'
is "$(on host2 zrep --json status -a | jq -r '.datasets."tank/a".role')" replica
is "$(on host1 zrep list --json | jq -r '.datasets."tank/a".snapshots | keys[0]')" zrep_000000
is "$(on host1 zrep sync --json tank/a | jq -r '.datasets."tank/a" | .status, .snapshot' | paste -sd ' ')" 'sent zrep_000001'
is "$(on host1 zrep version --json | jq .protocol)" 4

expect_status 0 zrep list
is "$said" $'tank/a\ntank/a-dataset-of-a-longer-name/and-a-child-of-it-with-one'
expect_status 0 on host2 zrep list -L
is "$said" ''
expect_status 0 zrep list -v tank/a
says $'zrep:dest-host\thost2' 'last snapshot synced: tank/a@zrep_000001'
# Others' snapshots travel with zrep's, and are not marked.
on host1 zfs snapshot tank/a@of-others
echo more | put host1 tank/a file
expect_status 0 zrep sync -I tank/a
has host2 tank/a@of-others
on host1 zfs snapshot tank/a@newer
expect_status 0 zrep list -s -v tank/a
[[ $said == *tank/a@of-others$'\t'*$'\t-\n'* ]] || fail 'of-others'
[[ $said == *tank/a@newer$'\t'*$'\tnot sent' ]] || fail 'newer'
[[ $said == *tank/a@zrep_000002$'\t'*$'\t20'* ]] || fail 'its own'
expect_status 0 on host2 zrep list -s -v tank/a
says_not 'not sent'
on host1 zfs destroy tank/a@newer
expect_status 0 zrep list -s tank/a
says 'tank/a@zrep_000000' 'tank/a@zrep_000001'

# The other side is not asked, and a failure is remembered until the next success.
on host2 zfs snapshot tank/a@mine
echo more | put host1 tank/a file
expect_status 5 on host1 env ZREP_PATH=no-zrep zrep sync tank/a
lab cut
expect_status 0 zrep status
says failed
expect_status 0 zrep status -v tank/a
says 'last error' 'no zrep on host2'
lab join
on host2 zfs destroy tank/a@mine
synced
expect_status 0 zrep status
says_not failed
