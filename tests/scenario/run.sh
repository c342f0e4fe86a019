#!/bin/bash
# zrep run stays, and keeps replicas up to date; it notices what changes around it, and every other verb works beside it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-run.sh"

pair tank/a
pair tank/b
on host1 zfs set zrep:rpo=3s tank/a
expect_status 2 zrep run tank/a
expect_status 2 zrep run --every soon
expect_status 2 zrep run --json
stays host1 --every 1s
told host1 'looks after 2 datasets'
arrives one host1 host2
arrives two host1 host2 tank/b

# One is enough.
expect_status 4 zrep run
says 'another `zrep run` is there on host1' '-> '

# Whatever else is done is not refused as busy.
for i in 1 2 3 4 5; do
	echo "round $i" | put host1 tank/a file
	expect_status 0 zrep sync tank/a
	expect_status 0 zrep status
	expect_status 0 zrep check
done
same file host1 tank/a host2 tank/a

# New, paused, cleared ones are noticed.
pair tank/c
arrives three host1 host2 tank/c
expect_status 0 zrep pause tank/b
sleep 1
expect_status 0 zrep clear -f tank/c
on host2 zrep clear -f tank/c
sleep 8
echo "while paused" | put host1 tank/b file
sleep 2
is "$(get host2 tank/b file)" two
expect_status 0 zrep unpause tank/b
within 40 has_text host2 tank/b "while paused"
alive host1

# What it cannot do is told once, and again when it can.
spoil host2 tank/a mine
echo four | put host1 tank/a file
within 10 told host1 'tank/a on host2 was changed'
sleep 3
told_times host1 'tank/a on host2 was changed' 1
arrives five host1 host2 tank/b
unspoil host2 tank/a mine
within 15 has_text host2 tank/a four
within 5 told host1 'tank/a: synced again'
expect_status 0 zrep status tank/a
says_not failed

# At rest, nothing is done.
expect_status 0 on host1 zfs inherit zrep:rpo tank/a
sleep 8
lab ctl host1 counts reset
lab ctl host2 counts reset
sleep 4
is "$(lab ctl host1 counts | grep '^changing')" 'changing 0'
is "$(lab ctl host2 counts | grep '^total')" 'total 0'

leaves host1
synced tank/a
synced tank/b
