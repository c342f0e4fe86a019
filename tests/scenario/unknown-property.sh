#!/bin/bash
# needs: userspace
# The ZFS of the replica's host is an older one, and does not know a property that the master has, or its value.
. "$(dirname "$0")/lib.sh"

mkdir -p "$WORK/bin"
real=$(on host2 sh -c 'command -v zfs')
# Only the agent sees this `zfs`, which speaks as one that knows neither snapdir nor redundant_metadata, and no sha512.
cat >"$WORK/bin/zfs" <<END
#!/bin/bash
for word; do
	for prop in snapdir redundant_metadata; do
		if [[ ,\$word, == *,\$prop[=,]* ]]; then
			case \$1 in
			get) echo "bad property list: invalid property '\$prop'" >&2; echo \$prop >>$WORK/refused; exit 2 ;;
			set) echo "cannot set property for 'tank/a': invalid property '\$prop'" >&2 ;;
			*) echo "cannot receive: invalid property '\$prop'" >&2 ;;
			esac
			exit 1
		fi
	done
	if [[ \$word == checksum=sha512 ]]; then
		echo "cannot receive new filesystem stream: 'checksum' must be one of 'on | off | fletcher2 | fletcher4'" >&2
		exit 1
	fi
done
exec $real "\$@"
END
chmod +x "$WORK/bin/zfs"
path=$(on host2 sh -c 'echo "$PATH"')
zrep() { on host1 env ZREP_PATH="env PATH=$WORK/bin:$path zrep" zrep "$@"; }

on host1 zfs create -o snapdir=visible tank/above
on host1 zfs create -o redundant_metadata=most -o compression=zstd tank/above/a
on host1 zfs create -o redundant_metadata=most -o atime=off tank/above/a/b
expect_status 0 zrep -n init -R tank/above/a host2 tank/a
says 'tank/a on host2 does without redundant_metadata=most: the ZFS there does not know that'
: >"$WORK/refused"
expect_status 0 zrep init -R tank/above/a host2 tank/a
says 'tank/a/b on host2 does without redundant_metadata=most: the ZFS there does not know that'
is "$(prop host2 tank/a compression) $(prop host2 tank/a/b atime)" 'zstd off'
is "$(prop host2 tank/a redundant_metadata) $(prop host2 tank/a snapdir)" 'all hidden'
# Asked for once each, not with each listing.
is "$(wc -l <"$WORK/refused")" 2

# Nor do they follow, and that is nothing to complain about.
on host1 zfs set redundant_metadata=all atime=off tank/above/a
on host1 zfs create -o redundant_metadata=most tank/above/a/c
expect_status 0 zrep sync -R tank/above/a
says 'tank/a/c on host2 does without redundant_metadata=most'
is "$(prop host2 tank/a atime)" off
expect_status 0 zrep check tank/above/a
says_not snapdir redundant_metadata

# A value that it does not know: what helps is said.
on host1 zfs create -o checksum=sha512 tank/v
expect_status 1 zrep init tank/v host2 tank/v
says "'checksum' must be one of" 'upgrade ZFS on host2, or run the same init with -x checksum'
hasnt host2 tank/v
expect_status 0 zrep init -x checksum tank/v host2 tank/v
is "$(prop host2 tank/v checksum)" on
# Chosen, a property that it does not know is asked for all the same.
on host1 zfs create tank/w
expect_status 1 zrep init -o snapdir=visible tank/w host2 tank/w
says "invalid property 'snapdir'"
