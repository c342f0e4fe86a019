#!/bin/bash
# What is said of a master that has made way, and of who was offered its role, pasted as it is printed.
# needs: userspace
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remedy.sh"

a='tank/a 1'
bystand
made "$a"

# By yield itself, both ways.
fails 0 host1 zrep -t off yield "$a"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t off sync "$a"
fails 0 host1 zrep -t off yield "$a"
remedy host2 "zrep -t off takeover '$a'"
cured host2 zrep -t off sync "$a"
z host2 failover "$a" >/dev/null

# By whatever is asked then.
fails 0 host1 zrep -t off yield "$a"
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t off sync "$a"
fails 0 host1 zrep -t off yield "$a"
fails 2 host1 zrep -t off check "$a"
remedy host2 "zrep -t off takeover '$a'"
cured host2 zrep -t off sync "$a"
z host2 failover "$a" >/dev/null

# Nobody was offered it.
fails 0 host1 zrep -t off yield -L "$a"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t off sync "$a"
fails 0 host1 zrep -t off yield -L "$a"
fails 3 host1 zrep -t off sync "$a"
told host1 "zrep -t off failover '$a'"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t off sync "$a"
fails 0 host1 zrep -t off yield -L "$a"
fails 2 host1 zrep -t off check "$a"
remedy host1 "zrep -t off failover '$a'"
cured host2 zrep -t off sync "$a"

# Said on the wrong side: host2 leads by now.
fails 3 host1 zrep -t off yield -L "$a"
remedy host2 "zrep -t off yield '$a'"
answered host2
remedy host2 "zrep -t off takeover '$a'"
cured host2 zrep -t off sync "$a"

# Another tag asks for what rests; and what rests was opened by hand.
z host2 failover "$a" >/dev/null
on host1 zrep -t more init "$a" host2 'tank/a 2' >/dev/null
fails 0 host1 zrep -t off yield -L "$a"
fails 3 host1 zrep -t more sync "$a"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t more sync "$a"
fails 0 host1 zrep -t off yield -L "$a"
on host1 zfs set readonly=off "$a"
fails 3 host1 zrep -t off sync "$a"
remedy host1 "zrep -t off yield -L '$a'"
is "$(prop host1 "$a" readonly)" on
on host1 zfs set readonly=off "$a"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t off sync "$a"

# What a failover that died has come to is not known; it is closed all the same, and taken back.
broken_off "$a"
lab kill host2
fails 0 host1 zrep -t off yield -L "$a"
lab start host2
remedy host1 "zrep -t off takeover '$a'"
is "$(prop host1 "$a" readonly)" off
cured host1 zrep -t off sync "$a"
# Opened by hand, by status -m.
fails 0 host1 zrep -t off yield -L "$a"
on host1 zfs set readonly=off "$a"
fails 2 host1 zrep -t off status -m "$a"
remedy host1 "zrep -t off yield -L '$a'"
is "$(prop host1 "$a" readonly)" on
fails 2 host1 zrep -t off status -m "$a"
remedy host1 "zrep -t off takeover '$a'"
cured host1 zrep -t off status -m "$a"
