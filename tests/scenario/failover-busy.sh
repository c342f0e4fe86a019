#!/bin/bash
# needs: mount
# A program has a file of the master's mapped for writing: what it writes there could not be refused any more, so the
# change is, and the program is named.
. "$(dirname "$0")/lib.sh"

trap 'on host1 pkill -x mapper || :; on host2 pkill -x sleep || :' EXIT
cat >"$WORK/mapper.c" <<'END'
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int fd = open(argv[argc - 1], O_RDWR);
	volatile char *p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || (void *)p == MAP_FAILED)
		return 1;
	p[0] = 'M';
	if (write(1, "mapped\n", 7) != 7)
		return 1;
	pause();
	return 0;
}
END
cc -static -o "$WORK/mapper" "$WORK/mapper.c"
pair
on host1 sh -c 'mkdir -p ~/scenario; rm -f ~/scenario/*; cat >~/scenario/mapper; chmod +x ~/scenario/mapper' <"$WORK/mapper"
on host1 sh -c 'head -c 4096 /dev/zero >/tank/a/mapped
	setsid ~/scenario/mapper /tank/a/mapped >~/scenario/out 2>&1 </dev/null &'
within 20 on host1 sh -c 'grep -q mapped ~/scenario/out'
pid=$(on host1 pgrep -x mapper)
for where in host1 host2; do
	verb=failover
	[[ $where == host1 ]] || verb=takeover
	expect_status 3 on $where zrep $verb tank/a
	says 'tank/a on host1 cannot be made read-only' mapper "$pid" 'run the same command again'
	led_by host1
done
on host1 sh -c 'echo "still writable" >/tank/a/file'

# The other datasets of the tree stay as well; the hook can end it.
pair tank/a/sub
expect_status 3 zrep failover tank/a
led_by host1 tank/a/sub
hook host1 pre-demote <<<"kill $pid 2>/dev/null || true; while kill -0 $pid 2>/dev/null; do sleep 0.1; done"
expect_status 0 zrep failover tank/a
unhook host1
is "$(on host2 head -c 1 /tank/a/mapped)" M
led_by host2
led_by host2 tank/a/sub

# Somebody reads, or has his working directory there: that is no reason.
on host2 sh -c 'cd /tank/a && setsid sleep 600 <file >/dev/null 2>&1 &'
expect_status 0 on host2 zrep failover tank/a
led_by host1
