#!/bin/bash
# The sending side's zfs cannot say what a partial receive is of: it stays, and is finished when it can.
. "$(dirname "$0")/lib.sh"

# zfs on host1, which explains no token: as $HOME/odd/how says.
on host1 sh -c 'mkdir -p ~/odd; cat >~/odd/zfs; chmod +x ~/odd/zfs' <<-'END'
	#!/bin/sh
	PATH=${PATH#*:}
	if [ "$1 $2 $3" = 'send -nvP -t' ]; then
		echo "$4" >>~/odd/asked
		. ~/odd/how
	fi
	exec zfs "$@"
END
# odd HOW CMD...
# shellcheck disable=SC2016
odd() {
	on host1 sh -c 'rm -f ~/odd/asked; cat >~/odd/how' <<<"$1"
	shift
	on host1 sh -c 'PATH=$HOME/odd:$PATH; exec "$@"' sh "$@"
}
# The same of host1's agent, asked by host2.
# shellcheck disable=SC2016
far() { on host2 env 'ZREP_PATH=env PATH=$HOME/odd:$PATH zrep' zrep "$@"; }
arrived() { prop host2 "$1" receive_resume_token; }

pair
fill host1 tank/a big 30
begin 12 zrep sync tank/a
lab drop
ended 5
within 10 [ "$(arrived tank/a)" != - ]
token=$(arrived tank/a)
for how in 'exit 1' 'echo "internal error: out of memory" >&2; exit 1' \
	'echo "resume token contents: version 3, tank/a@zrep_000001"; exit 0'; do
	unchanged expect_status 1 odd "$how" zrep sync tank/a
	says 'tank/a on host2 has a partial receive' 'host1 cannot say of what' 'run the same command again'
	is "$(arrived tank/a)" "$token"
	# Once, however often the run looks.
	is "$(on host1 sh -c 'wc -l <~/odd/asked')" 1
done
unchanged expect_status 1 far refresh tank/a
says 'tank/a on host2 has a partial receive' 'host1 cannot say of what'
is "$(arrived tank/a)" "$token"
expect_status 0 zrep --json sync tank/a
[[ $(jq '.datasets."tank/a".bytes' <<<"$said") -lt 30000000 ]] || fail 'it began anew'
same big host1 tank/a host2 tank/a
synced

# The same of a first copy.
on host1 zfs create tank/b
fill host1 tank/b big 20
begin 10 zrep init tank/b host2 tank/b
signal KILL
ended 137
within 20 has host2 tank/b
# What was on its way is still being written.
nobody_left() { [[ -z $(zreps host2) ]]; }
within 20 nobody_left
token=$(arrived tank/b)
expect_status 1 odd 'exit 1' zrep init tank/b host2 tank/b
says 'tank/b on host2 has a partial receive' 'run the same command again'
is "$(arrived tank/b)" "$token"
expect_status 0 zrep init tank/b host2 tank/b
same big host1 tank/b host2 tank/b
