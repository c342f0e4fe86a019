#!/bin/bash
# An init of the script's died: the same init, by this zrep, goes on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-script.sh"

for version in 1.8 2.0; do
	for part in none whole; do
		ds=tank/$part-${version%.*}
		script_init_died $version host1 $ds $part
		refuses 3 zrep sync $ds
		refuses 3 zrep init $ds host2 tank/elsewhere
		expect_status 0 zrep init $ds host2 $ds
		is "$(snaps host1 $ds | wc -w)" 1
		leads host1 $ds
	done
	# Another dataset under that name is nobody's to write to.
	ds=tank/half-${version%.*}
	script_init_died $version host1 $ds half
	refuses 3 zrep init $ds host2 $ds
	says "the destination $ds on host2 exists already"
	on host2 zfs destroy $ds
	expect_status 0 zrep init $ds host2 $ds
	leads host1 $ds
	# Or it is given up.
	script_init_died $version host1 tank/clear-${version%.*}
	expect_status 0 zrep clear -f tank/clear-${version%.*}
	is "$(snaps host1 tank/clear-${version%.*})" ''
done
