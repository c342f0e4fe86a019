#!/bin/bash
# needs: mount
# A program writes all the time, with fsync: what it was told is written is on the new master, and after the change
# the old one takes nothing more. There and back.
. "$(dirname "$0")/lib.sh"

# Appends numbers through a file that it keeps open, and with a new one each time; writes down what was taken.
on host1 sh -c 'mkdir -p ~/scenario && rm -f ~/scenario/*; cat >~/scenario/writer' <<'END'
exec 9>>/tank/a/kept-open
i=0
until [ -e ~/scenario/stop ]; do
	i=$((i + 1))
	if { echo $i >&9; } 2>/dev/null && sync -d /tank/a/kept-open 2>/dev/null; then echo "yes $i"; else echo "no $i"; fi >>~/scenario/open
	if echo $i 2>/dev/null | dd of=/tank/a/anew oflag=append conv=notrunc,fsync status=none 2>/dev/null; then
		echo "yes $i"
	else
		echo "no $i"
	fi >>~/scenario/new
done
END
# all_there HOST: every number that was acknowledged.
all_there() {
	local file
	for file in open:kept-open new:anew; do
		on host1 sh -c 'sed -n "s/^yes //p" ~/scenario/"$1"' sh "${file%:*}" | sort >"$WORK/acknowledged"
		on "$1" sh -c 'cat /tank/a/"$1"' sh "${file#*:}" | sort >"$WORK/there"
		is "$(comm -23 "$WORK/acknowledged" "$WORK/there")" ''
	done
}
# answers FILE: how it was answered, each change once.
answers() { on host1 sh -c 'cut -d " " -f 1 ~/scenario/"$1"' sh "$1" | uniq | paste -sd ' '; }
more_answers() { [[ $(on host1 sh -c 'cat ~/scenario/new ~/scenario/open | wc -l') -gt $(($1 + 20)) ]]; }
wait_for_answers() { within 60 more_answers "$(on host1 sh -c 'cat ~/scenario/new ~/scenario/open | wc -l')"; }

trap 'on host1 sh -c "mkdir -p ~/scenario; : >~/scenario/stop"' EXIT
pair
on host1 sh -c ': >/tank/a/anew; : >/tank/a/kept-open; : >~/scenario/new; : >~/scenario/open'
expect_status 0 zrep sync tank/a
on host1 sh -c 'setsid sh ~/scenario/writer >/dev/null 2>&1 </dev/null & :'
wait_for_answers
expect_status 0 zrep failover tank/a
all_there host2
wait_for_answers
is "$(answers new)" 'yes no'
is "$(answers open)" 'yes no'
is "$(prop host2 tank/a mounted)" yes
on host2 sh -c 'echo "on host2" >/tank/a/file'
expect_status 0 zrep takeover tank/a
wait_for_answers
[[ $(answers new) == 'yes no yes' ]] || fail 'not writable again'
on host1 grep -q 'on host2' /tank/a/file
expect_status 0 on host2 zrep takeover tank/a
all_there host2
wait_for_answers
is "$(answers new)" 'yes no yes no'
on host1 sh -c ': >~/scenario/stop'
all_there host2
