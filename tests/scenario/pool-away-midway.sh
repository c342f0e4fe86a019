#!/bin/bash
# A pool that is exported while zrep is at work in it: what was listed of it by then is not taken for all that there is, and
# nobody is told that its snapshots are gone, or to begin anew.
# needs: userspace
. "$(dirname "$0")/lib.sh"

back() { on host1 sh -c 'zpool import -d ~ data'; }
harmless() {
	says 'pool data is not imported' 'on host1: zpool import data'
	says_not 'zrep clear'
	says_not 'sync -f'
	says_not 'does not exist'
	says_not 'in common'
}

on host1 sh -c 'truncate -s 128M ~/disk-data; zpool create -O mountpoint=none data ~/disk-data'
on host1 zfs create data/a
echo one | put host1 data/a file
zrep init data/a host2 tank/a
echo two | put host1 data/a file

# A `zfs` before which the pool goes: when it is asked for snapshots, which it then has none of.
mkdir "$WORK/bin"
cat >"$WORK/bin/zfs" <<'END'
#!/bin/sh
PATH=${PATH#*:}
case " $* " in *" snapshot,bookmark "*) zpool export data ;; esac
exec zfs "$@"
END
chmod +x "$WORK/bin/zfs"
# shellcheck disable=SC2016
midway() { on host1 sh -c 'PATH=$1:$PATH; shift; exec zrep "$@"' sh "$WORK/bin" "$@"; }
for cmd in 'sync data/a' 'sync -f data/a' 'status data/a' 'check data/a' 'failover data/a'; do
	# shellcheck disable=SC2086
	expect_status 3 midway $cmd
	harmless
	back
done

# When it is asked to do something.
on host1 sh -c 'printf "#!/bin/sh\nexec zpool export data\n" >"$ZREP_HOOKS/pre-snapshot"; printf "#!/bin/sh\n" >"$ZREP_HOOKS/post-snapshot"
	chmod +x "$ZREP_HOOKS"/*-snapshot'
expect_status 3 zrep sync data/a
harmless
on host1 sh -c 'rm "$ZREP_HOOKS"/*-snapshot'
back
expect_status 0 zrep sync data/a
same file host1 data/a host2 tank/a
