#!/bin/bash
# A host's name is never an option of ssh's nor a piece of shell, wherever it comes from.
. "$(dirname "$0")/lib.sh"

pair
on host1 zfs create tank/b
trap_file=/tmp/zrep-scenario-$$
for name in "-oProxyCommand=touch $trap_file" -v "host2 touch $trap_file" "host2;touch $trap_file" '$(id)' 'a@b@host2' 'root@-v' ''; do
	expect_status 2 zrep init -- tank/b "$name" tank/b
	says 'is no host name'
	# Somebody set it as a property.
	[[ -n $name ]] || continue
	on host1 zfs set "zrep:dest-host=$name" tank/a
	on host2 zfs set "zrep:dest-host=$name" tank/a
	refuses 3 zrep sync tank/a
	says 'tank/a' 'is no host name' 'zrep:dest-host'
	expect_status 3 zrep expire tank/a
done
on host1 test ! -e "$trap_file"
on host2 test ! -e "$trap_file"

# One such dataset does not stop the others.
pair tank/c
echo more | put host1 tank/c file
expect_status 3 zrep sync all
same file host1 tank/c host2 tank/c

# Destinations as properties are names, too.
on host1 zfs set zrep:dest-host=host2 zrep:dest-fs="tank/a;touch $trap_file" tank/a
unchanged expect_status 3 zrep sync tank/a
on host2 test ! -e "$trap_file"
