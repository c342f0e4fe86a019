#!/bin/bash
# What cannot be said is no success, and one line says why; to monitoring it is unknown.
. "$(dirname "$0")/lib.sh"

pair
full() { on host1 sh -c '"$@" >/dev/full' sh "$@"; }
for cmd in status 'status -v' 'role tank/a' 'list -v' 'doctor tank/a' metrics help '--json status'; do
	# shellcheck disable=SC2086
	expect_status 1 full zrep $cmd
	[[ $said =~ ^'zrep: standard output cannot be written'[^$'\n']*$ ]] || fail 'that is to be said, and no more'
done
for cmd in check 'status -m' '--json check'; do
	# shellcheck disable=SC2086
	expect_status 3 full zrep $cmd
	[[ $said =~ ^'zrep: standard output cannot be written'[^$'\n']*$ ]] || fail 'that is to be said, and no more'
done
# What was found to be critical stays so; and a reader who has gone has seen enough.
on host1 zfs set zrep:epoch=zz tank/a
expect_status 2 full zrep check
on host1 zfs set zrep:epoch=0 tank/a
# shellcheck disable=SC2016
expect_status 0 on host1 sh -c '{ zrep help; echo "[$?]" >&2; } | true'
says_not 'zrep:'
