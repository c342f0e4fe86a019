#!/bin/bash
# What zrep tells Prometheus: in a text that promtool accepts, of masters and replicas, through an outage and a change of the
# role; the alerts of the examples.
# limit: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-prometheus.sh"

promtool check rules "$examples/zrep.rules.yml" || fail 'the rules'
promtool test rules "$examples/zrep.rules.test.yml" || fail 'the test of the rules'

# Of nothing there is nothing to tell but that.
metrics host1
is "$(value zrep_collection_failed tag=zrep)" 0
is "$(grep -c '^zrep_master' <<<"$said" || true)" 0
is "$(tail -n 1 <<<"$said")" '# EOF'

pair
on host1 zfs create 'tank/my data'
expect_status 0 zrep init 'tank/my data' host2 'tank/my data'
on host1 zfs set zrep:rpo=1h tank/a
unchanged metrics host1
is "$(value zrep_master dataset=tank/a tag=zrep peer=host2:tank/a)" 1
is "$(value zrep_master 'dataset=tank/my data' 'peer=host2:tank/my data')" 1
is "$(value zrep_state dataset=tank/a state=ok)" 1
is "$(value zrep_verdict dataset=tank/a)" 0
is "$(value zrep_rpo_seconds dataset=tank/a)" 3600
is "$(value zrep_rpo_seconds 'dataset=tank/my data')" ''
is "$(value zrep_epoch dataset=tank/a)" 0
is "$(value zrep_unsent_bytes dataset=tank/a)" 0
is "$(value zrep_last_error dataset=tank/a)" ''
is "$(value zrep_role_change_timestamp_seconds dataset=tank/a)" ''
is "$(value zrep_build_info tag=zrep)" 1
sent=$(value zrep_last_success_timestamp_seconds dataset=tank/a)
is "$sent" "$(prop host1 tank/a@zrep_000000 zrep:sent)"
[[ $(value zrep_collected_timestamp_seconds) -ge $sent ]] || fail 'collected before it was sent'
# What nobody counts is left out.
[[ $said != *_total* && $said != *last_sync* ]] || fail 'counted by whom?'
# By name, and the other side.
metrics host1 tank/a
is "$(value zrep_master 'dataset=tank/my data')" ''
metrics host2
is "$(value zrep_master dataset=tank/a peer=host1:tank/a)" 0
is "$(value zrep_state dataset=tank/a state=replica)" 1
is "$(value zrep_unsent_bytes dataset=tank/a)" ''
is "$(value zrep_check_verdict dataset=tank/a)" ''
metrics host2 -c
is "$(value zrep_check_verdict dataset=tank/a)" 0

# Behind, and what is not sent; an outage.
fill host1 tank/a big 2
on host1 zfs set zrep:rpo=1s tank/a
sleep 2
on host1 zpool sync
metrics host1
[[ $(value zrep_unsent_bytes dataset=tank/a) -gt 2000000 ]] || fail 'not sent'
[[ $(value zrep_lag_seconds dataset=tank/a) -ge 2 ]] || fail 'no lag'
is "$(value zrep_verdict dataset=tank/a)" 2
is "$(value zrep_verdict 'dataset=tank/my data')" 0
expect_status 2 zrep status -m
expect_status 5 on host1 env SSH=false zrep sync tank/a
metrics host1
is "$(value zrep_last_error dataset=tank/a reason=unreachable)" 1
is "$(value zrep_state dataset=tank/a state=failed)" 1
[[ $(value zrep_last_error_timestamp_seconds dataset=tank/a) -gt $sent ]] || fail 'when did it fail?'
said=$(on host1 env SSH=false zrep metrics -c tank/a)
[[ $(value zrep_check_verdict dataset=tank/a) -ge 1 ]] || fail 'check is content'
expect_status 0 zrep pause tank/a
on host1 zfs set zrep:rpo=1h tank/a
metrics host1
is "$(value zrep_paused dataset=tank/a)" 1
expect_status 0 zrep unpause tank/a
expect_status 0 zrep sync tank/a
metrics host1
is "$(value zrep_last_error dataset=tank/a)" ''
is "$(value zrep_unsent_bytes dataset=tank/a)" 0

# The role.
expect_status 0 zrep failover tank/a
metrics host2
is "$(value zrep_master dataset=tank/a)" 1
is "$(value zrep_epoch dataset=tank/a)" 1
is "$(value zrep_epoch_start_timestamp_seconds dataset=tank/a)" "$(prop host2 tank/a zrep:since)"
is "$(value zrep_role_change_timestamp_seconds dataset=tank/a)" "$(prop host2 tank/a zrep:since)"
metrics host1
is "$(value zrep_master dataset=tank/a)" 0
is "$(value zrep_role_change_timestamp_seconds dataset=tank/a)" "$(prop host2 tank/a zrep:since)"
on host2 zfs set 'zrep:switch=leaving 2' tank/a
metrics host2
is "$(value zrep_switching dataset=tank/a)" 1
expect_status 0 on host2 zrep sync tank/a

# Another tag is another run, and has another label.
expect_status 0 zrep -t second init 'tank/my data' host2 tank/second
metrics host1 -t second
is "$(value zrep_master 'dataset=tank/my data' tag=second peer=host2:tank/second)" 1
is "$(value zrep_master dataset=tank/a)" ''

# Into a file, which is replaced as a whole.
on host1 sh -c 'mkdir -p ~/scenario && zrep metrics --output ~/scenario/zrep.prom && cat ~/scenario/zrep.prom' >"$WORK/prom"
promtool check metrics <"$WORK/prom" || fail 'promtool finds something in the file'
is "$(on host1 sh -c 'ls -A ~/scenario; stat -c %a ~/scenario/zrep.prom' | paste -sd ' ')" 'zrep.prom 644'
expect_status 1 zrep metrics --output /nowhere/zrep.prom
says '/nowhere/zrep.prom cannot be written'

# What is not there, or cannot be read, is told, and the others are there all the same.
expect_status 1 zrep metrics tank/none tank/a
says 'tank/none on host1 does not exist' 'zrep_collection_failed{tag="zrep"} 1' 'zrep_master{dataset="tank/a"'
is "$(zrep metrics --json tank/a | jq -c '.datasets."tank/a" | [.role, .state]')" '["replica","replica"]'
