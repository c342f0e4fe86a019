#!/bin/bash
# needs: userspace
# What the resource agent for Pacemaker decides, action by action, with the real ocf-shellfuncs and zrep, and a cluster that is
# some files: who is in it, and what its CIB says. A real cluster is told of in tests/cluster.
. "$(dirname "$0")/lib.sh"
agent=$(cd "$(dirname "$0")/../.." && pwd)/cluster/zrep
cib=$WORK/cib
mkdir -p "$cib/bin" "$cib/host1" "$cib/host2" "$cib/score" "$cib/run.host1" "$cib/run.host2"

# Of crm_node and crm_attribute what the agent asks. Not there is status 105, as theirs is.
cat >"$cib/bin/crm_node" <<'END'
#!/bin/sh
case $1 in
-n) [ ! -e "$CIB/mute" ] && echo "$SELF" ;;
-l) awk '{ print NR, $1, "member" }' "$CIB/nodes" ;;
-p) [ ! -e "$CIB/mute" ] && tr '\n' ' ' <"$CIB/members" ;;
esac
END
cat >"$cib/bin/crm_attribute" <<'END'
#!/bin/sh
node=$SELF dir='' name='' verb='' default=''
while [ $# -gt 0 ]; do
	case $1 in
	-p) dir=score ;;
	-t) dir=$2; shift ;;
	-N) node=$2; shift ;;
	-n) name=$2; shift ;;
	-d) default=$2; shift ;;
	-v) verb=put value=$2; shift ;;
	-G) verb=get ;;
	-D) verb=drop ;;
	-l | -s) shift ;;
	esac
	shift
done
[ ! -e "$CIB/mute" ] || exit 102
case $dir in
score) file=$CIB/score/$node ;;
crm_config) file=$CIB/$name ;;
*) file=$CIB/$node/$name ;;
esac
case $verb in
put) echo "$value" >"$file" ;;
drop) rm -f "$file" ;;
get) if [ -e "$file" ]; then cat "$file"; elif [ -n "$default" ]; then echo "$default"; else exit 105; fi ;;
esac
END
# zrep, but for the verb that $cib/broken names, which fails, or $cib/stuck, which takes its time.
cat >"$cib/bin/zrep-here" <<'END'
#!/bin/sh
for word; do
	[ "$word" != "$(cat "$CIB/broken" 2>/dev/null)" ] || exit 1
	[ "$word" != "$(cat "$CIB/stuck" 2>/dev/null)" ] || exec /bin/sleep 300
done
exec zrep "$@"
END
cat >"$cib/bin/act" <<'END'
#!/bin/sh
export CIB="$1" SELF="$2" PATH="$1/bin:$PATH" HA_SBIN_DIR="$1/bin" HA_RSCTMP="$1/run.$2" HA_LOGFACILITY=none HA_LOGTAG=agent
export OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=data:0 OCF_RESOURCE_TYPE=zrep OCF_RESKEY_crm_feature_set=3.16.2
export OCF_RESKEY_dataset=tank/a OCF_RESKEY_zrep="$1/bin/zrep-here" OCF_RESKEY_peer_timeout=3
export OCF_RESKEY_CRM_meta_timeout=30000 OCF_RESKEY_CRM_meta_interval=10000
agent=$3 action=$4
shift 4
for word; do export "$word"; done
exec sh "$agent" "$action"
END
# It has the cluster try again less soon after a refusal; nobody is to be waited for here.
printf '#!/bin/sh\nexec /bin/sleep 0.1\n' >"$cib/bin/sleep"
chmod 755 "$cib"/bin/*

# does STATUS HOST ACTION [NAME=VALUE...]: the agent's.
does() {
	local status=$1 host=$2 action=$3
	shift 3
	expect_status "$status" on "$host" "$cib/bin/act" "$cib" "$host" "$agent" "$action" "$@"
}
members() { printf '%s\n' "$@" >"$cib/members"; }
nodes() { printf '%s\n' "$@" >"$cib/nodes"; }
fact() { cat "$cib/$1" 2>/dev/null || echo -; }
told() { fact "run.$1/zrep-data.told"; }
scores() { echo "$(fact score/host1) $(fact score/host2)"; }
current() { fact "$1/zrep-current-data"; }
ok=0 error=1 not_installed=5 not_running=7 promoted=8 failed_promoted=9

nodes host1 host2 n3
members host1 host2 n3
does $not_installed host1 start
pair
does $ok host1 validate-all OCF_CHECK_LEVEL=10
for host in host1 host2; do
	does $not_running "$host" monitor
	does $ok "$host" start
	does $ok "$host" start
	does $ok "$host" monitor
	is "$(told "$host")" unpromoted
done
# A replica of which nobody has said that it is in step.
is "$(scores)" '900 -INFINITY'

# Promoted; what its replica has is noted by it, only where it is so.
does $ok host1 promote
does $ok host1 promote
is "$(told host1) $(fact zrep-epoch-data)" 'promoted 0'
zrep sync tank/a
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 100 yes'
echo metrics >"$cib/broken"
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 -INFINITY no'
rm "$cib/broken"
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 100 yes'
does $ok host2 monitor
is "$(scores)" '1000 100'
on host1 zfs set zrep:rpo=1s tank/a
echo "more than that" | put host1 tank/a file
on host1 zpool sync tank
sleep 2
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 -INFINITY no'
does $promoted host1 monitor OCF_RESKEY_max_lag=3600
is "$(scores) $(current host2)" '1000 100 yes'
on host1 zfs inherit zrep:rpo tank/a
zrep sync tank/a
# With nobody who says who is there nothing is changed.
touch "$cib/mute"
does $promoted host1 monitor
rm "$cib/mute"
is "$(scores) $(current host2)" '1000 100 yes'

# Nor for a node that was the partner, once the pair leads elsewhere.
on host1 zfs set zrep:dest-host=elsewhere tank/a
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 -INFINITY no'
on host1 zfs set zrep:dest-host=host2 tank/a
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 100 yes'

# A move: one makes way and offers, the other takes it.
does $ok host1 demote
is "$(told host1)" unpromoted
does $ok host2 monitor
is "$(scores)" '850 800'
does $ok host2 promote
is "$(told host2) $(fact zrep-epoch-data)" 'promoted 1'
does $promoted host2 monitor
does $ok host1 monitor
led_by host2
on host2 zrep sync tank/a
does $promoted host2 monitor
does $ok host1 monitor
is "$(scores) $(current host1)" '100 1000 yes'

# Its node is off: another one leads alone only after fencing, if it is in step, and the node is known.
cp -r "$cib" "$WORK/before"
again() { # the cluster's side of it; nothing that was refused has changed the other one
	rm -rf "$cib/host1" "$cib/host2" "$cib/score" "$cib/run.host1" "$cib/run.host2" "$cib"/zrep-epoch-data "$cib/stonith-enabled"
	cp -rp "$WORK/before/." "$cib"
}
refused() { # TEXT [NAME=VALUE...]: promote refuses, and the score says so before; nothing is noted
	local text=$1
	shift
	does $ok host1 monitor "$@"
	is "$(fact score/host1)" -INFINITY
	does $error host1 promote "$@"
	says "$text"
	is "$(told host1) $(fact zrep-epoch-data)" 'unpromoted 1'
	expect_status 10 on host1 zrep role tank/a
	is "$said" 'replica 1 replica'
	again
}
lab cut
members host1 n3
cp "$cib/members" "$WORK/before"
echo false >"$cib/stonith-enabled"
refused 'this cluster does not fence'
echo no >"$cib/host1/zrep-current-data"
refused 'not known to be in step'
echo 7 >"$cib/zrep-epoch-data"
does $ok host1 monitor
is "$(fact score/host1)" -INFINITY
does $error host1 promote
says 'this replica is of epoch 1, and the one promoted last was 7'
again
members host1
rm -f "$cib/run.host1/zrep-data.met"
refused 'has met nobody of late'
nodes host1 other n3
refused 'is no node of this cluster'
nodes host1 host2.repl host2.other
refused 'is no node of this cluster' # which of the two?
nodes host1 host2.repl n3
does $ok host1 monitor
is "$(fact score/host1)" 100
again
nodes host1 second n3
does $ok host1 monitor OCF_RESKEY_cluster_host_map='second:host2'
is "$(fact score/host1)" 100
again
does $ok host1 monitor
is "$(fact score/host1)" 100
does $ok host1 promote
is "$(told host1) $(fact zrep-epoch-data) $(current host2)" 'promoted 102 no'

# The former master is back, and what it does first takes its time: a start ends in time, a later monitor goes on.
lab join
members host1 host2 n3
rm -r "$cib/run.host2"
mkdir "$cib/run.host2"
echo rejoin >"$cib/stuck"
t0=$SECONDS
does $ok host2 start OCF_RESKEY_CRM_meta_timeout=9000
[[ $((SECONDS - t0)) -le $(slowly 9) ]] || fail "it took $((SECONDS - t0)) s"
is "$(scores)" '1000 -INFINITY'
rm "$cib/stuck"
does $ok host2 monitor
led_by host1
does $promoted host1 monitor
is "$(scores) $(current host2)" '1000 100 yes'

# Moved by other means: told as a failure of the promoted one.
zrep failover tank/a
does $failed_promoted host1 monitor
does $ok host1 stop
is "$(told host1)" -
does $ok host1 stop
does $not_running host1 monitor

# An address is no name with parts: 10.0.0.2 is not 10.0.0.1.
nodes host1 10.0.0.7 n3
on host2 zfs set zrep:dest-host=10.0.0.9 tank/a
does $ok host2 monitor
is "$(fact score/host2)" -INFINITY
