#!/bin/bash
# always
# A first transfer that broke off is finished by the same command.
. "$(dirname "$0")/lib.sh"

on host1 zfs create tank/a
fill host1 tank/a file 30
begin 12 zrep init tank/a host2 tank/a
signal TERM
ended 1
says 'interrupted' 'run the same command again'
within 10 has host2 tank/a
[[ $(prop host2 tank/a receive_resume_token) != - ]] || fail 'nothing to resume'
is "$(on host1 zfs get -Ho value zrep:master tank/a)" -

expect_status 0 zrep --json init tank/a host2 tank/a
[[ $(jq '.datasets[].bytes' <<<"$said") -lt 30000000 ]] || fail 'it began anew'
is "$(snaps host1 tank/a)" zrep_000000
is "$(prop host2 tank/a readonly)" on
is "$(prop host2 tank/a receive_resume_token)" -
same file host1 tank/a host2 tank/a
echo more | put host1 tank/a file
synced
