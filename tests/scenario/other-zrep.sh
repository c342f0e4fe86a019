#!/bin/bash
# What may be on the other host instead of this zrep, and what is said about each.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
other() { on host2 sh -c 'mkdir -p ~/scenario; cat >~/scenario/zrep; chmod +x ~/scenario/zrep'; }
sync() { on host1 env ZREP_PATH='~/scenario/zrep' zrep sync tank/a; }

# None.
refuses 5 on host1 env ZREP_PATH=no-zrep zrep sync tank/a
says 'tank/a' 'there is no zrep on host2' 'no-zrep' 'ZREP_PATH'
refuses 5 sync
says 'there is no zrep on host2'

# The script.
other <<'END'
#!/bin/sh
echo 'zrep usage:'
echo '   zrep (init|-i) ZFS/fs remotehost remoteZFSpool/fs'
exit 1
END
refuses 5 sync
says 'host2 has an older zrep' 'install this zrep on host2'

# A zrep of another protocol: this one's greeting with the number changed.
on host2 sh -c 'zrep agent </dev/null 2>/dev/null >~/greeting || true
	perl -0777pe "for my \$n (qw(protocol min.)) { s/(\$n\\0\\0\\0\\x08\\0\\0\\0\\x01\\0{7})\\x04/\$1\\x09/s or die }" \
		~/greeting >~/scenario/greeting'
other <<'END'
#!/bin/sh
cat ~/scenario/greeting
sleep 2
END
refuses 3 sync
says 'host2' 'protocol 9' 'upgrade zrep on host1'

# One that lacks an operation: its greeting with another name for it. Nothing that needs it is begun; the rest goes on.
other <<'END'
#!/bin/sh
zrep "$@" | perl -e 'while (sysread(STDIN, $b, 1 << 20)) { $b =~ s/quiesce/quiesc0/; syswrite(STDOUT, $b) }'
END
unchanged expect_status 3 on host1 env ZREP_PATH='~/scenario/zrep' zrep failover tank/a
says 'tank/a' 'on host2 knows no operation "quiesce"' 'upgrade zrep on host2'
expect_status 0 sync
echo "third words" | put host1 tank/a file

# Half a greeting; garbage; one that dies.
other <<'END'
#!/bin/sh
head -c 20 ~/scenario/greeting
END
refuses 5 sync
says host2
other <<'END'
#!/bin/sh
head -c 100000 /dev/zero
END
refuses 5 sync
says host2
other <<'END'
#!/bin/sh
echo 'the disk with zrep on it has failed' >&2
exit 3
END
refuses 5 sync
says 'on host2 did not start: the disk with zrep on it has failed'
synced
