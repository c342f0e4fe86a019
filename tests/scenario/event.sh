#!/bin/bash
# The hook event: what happens is told once, and not at each run of cron; the examples for it.
# limit: 240
. "$(dirname "$0")/lib.sh"

examples=$(cd "$(dirname "$0")/../../examples/hooks.d" && pwd)
for host in host1 host2; do
	hook $host event <<-'END'
		echo "$ZREP_EVENT $ZREP_DATASET $ZREP_ROLE $ZREP_EPOCH $ZREP_PEER:$ZREP_PEER_DATASET $ZREP_TAG ${ZREP_REASON--}" >>~/events
		[ -z "${ZREP_TEXT-}" ] || echo "$ZREP_TEXT" >~/text
	END
	on $host sh -c ': >~/events'
done
# told HOST LINE...: these, since the last time.
told() {
	local host=$1
	shift
	is "$(on "$host" sh -c "cat ~/events")" "$(printf '%s\n' "$@")"
	on "$host" sh -c ': >~/events'
}
nothing() { is "$(on host1 sh -c "cat ~/events")$(on host2 sh -c "cat ~/events")" ''; }

pair
echo "words" | put host1 tank/a file
expect_status 0 zrep sync tank/a
nothing

# Away: told once, also by sync all; another reason is news; and that it works again.
on host1 zfs set zrep:rpo=1h tank/a
for verb in 'sync tank/a' 'sync all' 'sync tank/a'; do
	# shellcheck disable=SC2086
	expect_status 5 on host1 env SSH=false zrep $verb
done
told host1 'sync-failed tank/a master 0 host2:tank/a zrep unreachable'
[[ $(on host1 sh -c "cat ~/text") == *host2* ]] || fail "the text is \"$(on host1 sh -c "cat ~/text")\""
spoil host2 tank/a mine
expect_status 3 zrep sync tank/a
expect_status 3 zrep sync tank/a
told host1 'sync-failed tank/a master 0 host2:tank/a zrep changed'
unspoil host2 tank/a mine
expect_status 0 zrep sync tank/a
expect_status 0 zrep sync tank/a
told host1 'sync-recovered tank/a master 0 host2:tank/a zrep -'

# Nothing is told by -n, nor by what only looks, nor of what is paused.
expect_status 0 zrep -n sync tank/a
expect_status 0 zrep check tank/a
expect_status 0 zrep pause tank/a
expect_status 3 zrep sync tank/a
expect_status 0 zrep unpause tank/a
nothing

# The rpo: missed once, with the first failure that comes so late; met when a sync succeeds.
on host1 zfs set zrep:rpo=1s tank/a
sleep 2
expect_status 0 zrep sync tank/a
nothing
sleep 2
for i in 1 2; do expect_status 5 on host1 env SSH=false zrep sync all; done
told host1 'sync-failed tank/a master 0 host2:tank/a zrep unreachable' \
	'rpo-missed tank/a master 0 host2:tank/a zrep unreachable'
[[ $(prop host1 tank/a zrep:late) -gt 1700000000 ]] || fail 'late since when?'
echo "words again" | put host1 tank/a file
expect_status 0 zrep sync all
told host1 'sync-recovered tank/a master 0 host2:tank/a zrep -' 'rpo-met tank/a master 0 host2:tank/a zrep -'
is "$(prop host1 tank/a zrep:late)" -
on host1 zfs inherit zrep:rpo tank/a

# Fetched: it is told where it is fetched.
expect_status 5 on host2 env SSH=false zrep refresh tank/a
expect_status 0 on host2 zrep refresh tank/a
told host1 ''
told host2 'sync-failed tank/a replica 0 host1:tank/a zrep unreachable' 'sync-recovered tank/a replica 0 host1:tank/a zrep -'

# The role.
expect_status 0 zrep failover tank/a
told host1 'role-changed tank/a replica 1 host2:tank/a zrep -'
expect_status 0 zrep failover tank/a
expect_status 0 zrep takeover tank/a
told host1 'role-changed tank/a master 2 host2:tank/a zrep -'
expect_status 0 on host2 zrep -y takeover -L tank/a
told host2 'role-changed tank/a master 103 host1:tank/a zrep -'
for i in 1 2; do expect_status 3 zrep sync tank/a; done
told host1 'superseded tank/a master 2 host2:tank/a zrep superseded'
expect_status 0 zrep rejoin tank/a
told host1 'role-changed tank/a replica 103 host2:tank/a zrep -'
# One that a crash has left, and a sync finishes.
on host2 zfs set 'zrep:switch=entering 103' tank/a
expect_status 0 on host2 zrep sync tank/a
told host2 'role-changed tank/a master 103 host1:tank/a zrep -'
told host1 ''

# A host that is away is one event of a run, and so is that it can be reached again.
expect_status 0 on host2 zrep failover tank/a
for ds in b c; do pair tank/$ds; done
hook host1 event <<-'END'
	echo "$ZREP_EVENT $ZREP_DATASET ${ZREP_REASON--} ${ZREP_OTHERS--}" >>~/events
END
on host1 sh -c ': >~/events'
for ds in a b c; do echo "more words" | put host1 tank/$ds file; done
expect_status 5 on host1 env SSH=false zrep sync all
expect_status 5 on host1 env SSH=false zrep sync all
told host1 'sync-failed tank/a unreachable tank/b, tank/c'
expect_status 0 zrep sync all
told host1 'sync-recovered tank/a - tank/b, tank/c'
expect_status 0 zrep failover tank/a
on host1 sh -c ': >~/events'
on host2 sh -c ': >~/events'

# A hook that fails changes nothing.
echo 'echo no mail today; exit 3' | hook host2 event
expect_status 5 on host2 env SSH=false zrep sync tank/a
says 'the hook event on host2 failed with exit status 3: no mail today'
expect_status 0 on host2 zrep sync tank/a
says 'the hook event on host2 failed'

# --- the examples ---

hook host2 event <<END
SENDMAIL=$WORK/sendmail exec sh $examples/mail
END
printf '#!/bin/sh\necho "$@" >%q/mail\ncat >>%q/mail\n' "$WORK" "$WORK" >"$WORK/sendmail"
chmod +x "$WORK/sendmail"
if [[ $LAB_KIND == userspace ]]; then
	expect_status 5 on host2 env SSH=false zrep sync tank/a
	mail=$(<"$WORK/mail")
	[[ $mail == "-t"$'\n'"To: root"$'\n'"Subject: zrep: sync-failed: tank/a on "* && $mail == *'unreachable: '* ]] || fail "the mail is $mail"
	# A server that takes one request, and a text that wants to be more than a text.
	until port=$((20000 + RANDOM % 20000)) && ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	PORT=$port OUT=$WORK/posted perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ENV{PORT}, Listen => 1, ReuseAddr => 1) or die;
		print "ready\n"; close STDOUT;
		my $c = $s->accept; my ($n, $l) = 0;
		while (defined($l = <$c>) && $l !~ /^\r?$/) { $n = $1 if $l =~ /^content-length: (\d+)/i }
		read $c, my $body, $n; print $c "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; close $c;
		open my $o, ">", $ENV{OUT} or die; print $o $body;' >"$WORK/server" &
	server=$!
	within 10 grep -q ready "$WORK/server"
	env ZREP_WEBHOOK="http://127.0.0.1:$port/" ZREP_EVENT=sync-failed ZREP_DATASET='tank/my "data"' ZREP_TAG=zrep ZREP_ROLE=master \
		ZREP_EPOCH=3 ZREP_PEER=host1 ZREP_PEER_DATASET=tank/b ZREP_REASON=unreachable ZREP_TEXT='x", "event": "y' \
		sh "$examples/webhook" || fail 'the webhook'
	wait "$server"
	is "$(jq -c '[.event, .dataset, .epoch, .text]' "$WORK/posted")" '["sync-failed","tank/my \"data\"",3,"x\", \"event\": \"y"]'
fi
