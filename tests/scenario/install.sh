#!/bin/bash
# zrep install HOST: brings this program to another host, starts it there before it takes its place, and leaves alone what is a
# package's, the shell script, and a machine where it does not start.
. "$(dirname "$0")/lib.sh"

# Where nothing of a package's is: a prefix of host2's own.
there=$WORK/there
install() { on host1 env ZREP_PATH="$there/sbin/zrep" zrep "${@:2}" install "$1"; }
# host2_has NAME <PROGRAM: of that name in the PATH of its ssh sessions.
host2_has() { on host2 sh -c 'd=${PATH%%:*}; cat >"$d/$1"; chmod +x "$d/$1"' sh "$1"; }
host2_lacks() { on host2 sh -c 'rm -f "${PATH%%:*}/$1"' sh "$1"; }

# With -n it looks only.
unchanged expect_status 0 install host2 -n
says "host2 ($(uname -sm)): zrep " ' bytes' "  $there/sbin/zrep"
[[ ! -e $there ]] || fail 'something was put there'

# The program, and what of its manual and units is beside it here.
expect_status 0 install host2
says "host2: $there/sbin/zrep is now zrep" 'with it 8 files'
cmp "$(on host1 sh -c 'readlink -f "$(command -v zrep)"')" "$there/sbin/zrep" || fail 'another program'
is "$(stat -c %a "$there/sbin/zrep")" 755
is "$(ls -A "$there/sbin")" zrep # and nothing that was on the way
cmp "$there/share/man/man8/zrep.8" "$(dirname "$0")/../../man/zrep.8"
grep -qx "ExecStart=$there/sbin/zrep run --log journal" "$there/lib/systemd/system/zrep.service" || fail 'the unit starts another'
on host1 zfs create tank/a
expect_status 0 on host1 env ZREP_PATH="$there/sbin/zrep" zrep init tank/a host2 tank/a

# Over an older one, as JSON too; a program that runs goes on.
expect_status 0 install host2
says ', and was ' 'systemctl reload zrep'
is "$(install host2 --json -n | jq -r '.status + " " + .to + " " + .paths[0]')" "would-install host2 $there/sbin/zrep"
is "$(install host2 --json | jq -r '.status + " " + (.found | tostring)')" 'installed true'

# What a package has is left alone, whoever is asked: a dpkg, rpm or pkg that knows the file.
before=$(sha256sum <"$there/sbin/zrep")
for by in dpkg rpm pkg; do
	line='acme-zrep'
	[[ $by != dpkg ]] || line="acme-zrep: $there/sbin/zrep"
	host2_has $by <<-END
	#!/bin/sh
	echo "\$@" >"$WORK/asked"
	echo '$line'
	END
	refuses 3 install host2
	says 'zrep on host2 belongs to the package acme-zrep' 'upgrade that package there'
	refuses 3 install host2 -n
	[[ $(<"$WORK/asked") == *" $there/sbin/zrep $there/share/man/man8/zrep.8 "* ]] || fail "it was asked: $(<"$WORK/asked")"
	host2_lacks $by
done
# One that knows nothing of it, and says so.
host2_has rpm <<'END'
#!/bin/sh
echo "file $2 is not owned by any package"
exit 1
END
expect_status 0 install host2 -n
host2_lacks rpm
# What a package has under the name that a link leads to.
ln -s zrep "$there/sbin/other"
host2_has dpkg <<END
#!/bin/sh
for file; do [ "\$file" != "$there/sbin/zrep" ] || echo "acme-zrep: \$file"; done
END
refuses 3 on host1 env ZREP_PATH="$there/sbin/other" zrep install host2
says 'belongs to the package acme-zrep'
host2_lacks dpkg
rm "$there/sbin/other"

# The shell script, or what else has that name.
cp "$there/sbin/zrep" "$WORK/kept"
printf '#!/bin/sh\necho "zrep usage:"\nexit 1\n' >"$there/sbin/zrep"
refuses 3 install host2
says 'no zrep of this kind: "zrep usage:"' 'MIGRATING.md'
is "$(tail -n 2 "$there/sbin/zrep" | head -n 1)" 'echo "zrep usage:"'
cp "$WORK/kept" "$there/sbin/zrep"

# Another machine; and one of this kind on which it does not start, for it lacks the libraries.
host2_has uname <<'END'
#!/bin/sh
echo 'Linux m68k'
END
refuses 3 install host2
says 'host2 is Linux m68k, and this program is for' "install zrep's package there"
host2_has uname <<'END'
#!/bin/sh
exit 1
END
refuses 1 install host2
host2_lacks uname
host2_has tar <<'END'
#!/bin/sh
/bin/tar "$@" || exit
while [ "$1" != -C ]; do shift; done
[ ! -e "$2/zrep" ] || printf '#!/bin/sh\necho "zrep: error while loading shared libraries: libzfs_core.so.3" >&2\nexit 127\n' >"$2/zrep"
END
refuses 3 install host2
says 'this zrep does not start on host2: zrep: error while loading shared libraries: libzfs_core.so.3' "OpenZFS's libraries"
is "$(sha256sum <"$there/sbin/zrep")" "$before"
is "$(ls -A "$there/sbin")" zrep
host2_lacks tar

# Nowhere to write; no path; no host.
host2_has mktemp <<'END'
#!/bin/sh
echo "mktemp: failed to create directory: Permission denied" >&2
exit 1
END
refuses 1 install host2
says "cannot put zrep into $there/sbin on host2: mktemp: failed to create directory: Permission denied" 'as root@host2'
host2_has mktemp <<'END'
#!/bin/sh
echo /etc/passwd
END
expect_status 1 install host2
says 'mktemp on host2 answers "/etc/passwd"'
host2_has mktemp <<'END'
#!/bin/sh
echo "no space left" >&2
exit 1
END
refuses 1 install host2
says 'see that there is room'
host2_lacks mktemp
refuses 2 on host1 env ZREP_PATH='~/zrep' zrep install host2
refuses 2 on host1 env ZREP_PATH="$there/sbin/x;reboot" zrep install host2
refuses 2 on host1 env ZREP_PATH="$there/../../etc/zrep" zrep install host2
refuses 2 zrep install host1
expect_status 2 zrep install -oProxyCommand=x
lab cut
refuses 5 on host1 env ZREP_PATH="$there/sbin/zrep" SSH='ssh -o ConnectTimeout=2' zrep install host2 # ours stands behind
says 'ssh cannot reach host2'
lab join

# Where the ssh session finds one, and that is where it goes.
found=$(on host2 sh -c 'command -v zrep')
expect_status 0 zrep -n install host2
says "  $found"
# And where it does not find it, it says so.
host2_lacks zrep
expect_status 0 zrep -n install host2
says '  /usr/local/sbin/zrep'
