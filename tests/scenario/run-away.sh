#!/bin/bash
# zrep run, while the other host loses its power or cannot be reached: it says so once, waits longer and longer, and goes on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

pair tank/a
pair tank/b
on host1 zfs create tank/c
expect_status 0 zrep init tank/c localhost tank/d
on host1 zfs set zrep:rpo=3s tank
stays host1
pid=${stays_pid[host1]}
arrives one host1 host2

lab kill host2
echo two | put host1 tank/a file
echo two | put host1 tank/b file
within 20 told host1 'cannot be synced'
# What needs no other host goes on.
echo three | put host1 tank/c file
within 10 has_text host1 tank/d three
told_times host1 'cannot be synced' 1
lab start host2
within 60 has_text host2 tank/a two
within 10 has_text host2 tank/b two
within 10 told host1 'host2: can be asked again'

# A line that breaks while nothing is sent is no news.
lab drop
arrives four host1 host2
told_times host1 'cannot be synced' 1

# SIGHUP, with a mistake in the settings: it says so, once each, and keeps those that it has.
mistake() {
	settings host1 "$1"
	kill -HUP "$pid"
	within 10 told host1 "the settings stay as they were: $(on host1 sh -c 'echo "$ZREP_DEFAULTS"'): $2"
}
mistake ZREP_TIMEOUT=abc 'ZREP_TIMEOUT is a number from 1 to 3600, not "abc"'
told host1 "kill -HUP $pid"
mistake 'a line' 'line 1 is not of the form KEY=VALUE'
mistake ZREP_TIMEOOT=5 'there is no setting ZREP_TIMEOOT'
mistake ZREPTAG=a:b '"a:b"'
mistake 'ZREP_SEND_FLAGS=-R' 'ZREP_SEND_FLAGS: "-R"'
told_times host1 'the settings stay as they were' 5
told_times host1 'looks after' 1
arrives 'none of it' host1 host2
settings host1 ZREP_TIMEOUT=30

# SIGHUP: the same process, with what its settings are now.
arrives five host1 host2
kill -HUP "$pid"
within 15 sh -c "[ \$(grep -c 'looks after' '$WORK/run.host1') -eq 2 ]"
alive host1
arrives six host1 host2
leaves host1
synced tank/a
