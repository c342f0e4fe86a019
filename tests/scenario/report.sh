#!/bin/bash
# zrep report: a page of its own about what has happened.
. "$(dirname "$0")/lib.sh"

pair tank/a
pair 'tank/b c'
on host1 zfs set zrep:rpo=1h tank
on host2 zfs set zrep:rpo=1h tank
expect_status 0 zrep sync all
expect_status 0 zrep failover tank/a
on host2 zfs set zrep:error='<script>alert(1)</script>' tank/a
expect_status 2 zrep report
expect_status 0 zrep report "$WORK/one.html"
expect_status 0 on host2 zrep report "$WORK/two.html"
for page in one two; do
	for text in '<!DOCTYPE html>' 'tank/a' 'tank/b c' 'of the time within its rpo' '<b>planned</b> host1:tank/a to host2:tank/a'; do
		grep -qF -- "$text" "$WORK/$page.html" || fail "$page.html lacks $text"
	done
	if grep -qiE '<script|https?://|src=|@import|url\(' "$WORK/$page.html"; then fail "$page.html loads something"; fi
	is "$(grep -c '<section' "$WORK/$page.html")" 2
done
grep -q '<section class="warning"><h2>tank/a<' "$WORK/two.html" || fail 'its state does not show'
unchanged expect_status 0 zrep report "$WORK/one.html" tank/a
is "$(grep -c '<section' "$WORK/one.html")" 1
# What cannot be written leaves what there was.
expect_status 1 zrep report "$WORK/nowhere/x.html"
says 'cannot be written' '-> '
expect_status 1 zrep report "$WORK/one.html" tank/none
says 'tank/none on host1 is not replicated by zrep'
expect_status 2 zrep report ''
says 'the name of its FILE is empty'

# A snapshot that is found unchanged for a while: that is no lag.
pair tank/still
rpo=$(slowly 3)
on host1 zfs set "zrep:rpo=${rpo}s" tank/still
echo more | put host1 tank/still file
expect_status 0 zrep sync tank/still
t0=$SECONDS
while [[ $((SECONDS - t0)) -le $((2 * rpo)) ]]; do
	sleep 1
	expect_status 0 zrep sync tank/still
done
expect_status 0 zrep report "$WORK/still.html" tank/still
grep -qF '<b>100.0 %</b>' "$WORK/still.html" || fail 'was not within its rpo'
# What was between snapshots of which some have gone is not known; what is between two of which none has is.
on host1 zfs set zrep:savecount=2 tank/still
sleep $((rpo + 2))
echo again | put host1 tank/still file
expect_status 0 zrep sync tank/still
expect_status 0 zrep report "$WORK/still.html" tank/still
if grep -qF '<b>100.0 %</b>' "$WORK/still.html"; then fail 'hides a lag'; fi
grep -qE 'Lag, up to ([5-9]|[0-9]{2})s|Lag, up to [0-9]+m' "$WORK/still.html" || fail 'lag that there was'

# A link is followed, a pipe is written to, and neither becomes a file; -n writes nothing.
ln -s two.html "$WORK/link.html"
expect_status 0 zrep report "$WORK/link.html" tank/a
[[ -L $WORK/link.html ]] || fail 'a link became a file'
is "$(grep -c '<section' "$WORK/two.html")" 1
mkfifo "$WORK/pipe"
cat "$WORK/pipe" >"$WORK/piped.html" &
expect_status 0 zrep report "$WORK/pipe" tank/a
wait $!
[[ -p $WORK/pipe ]] || fail 'a pipe became a file'
is "$(grep -c '<section' "$WORK/piped.html")" 1
expect_status 1 zrep report /dev/full
says '/dev/full cannot be written'
[[ -c /dev/full ]] || fail 'a device became a file'
expect_status 0 zrep -n report "$WORK/none.html"
expect_status 0 zrep -n metrics --output "$WORK/none.html"
[[ ! -e $WORK/none.html ]] || fail '-n wrote something'
