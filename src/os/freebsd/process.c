/* Written from FreeBSD's manual pages; nobody has run it. */
#include "os/process.h"

#include <sys/param.h>
#include <sys/sysctl.h>
#include <sys/user.h>

#include "util/mem.h"

uint64_t process_began(pid_t pid)
{
	int mib[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
	struct kinfo_proc p;
	size_t size = sizeof(p);

	if (sysctl(mib, 4, &p, &size, NULL, 0) != 0 || size != sizeof(p))
		return 0;
	return (uint64_t)p.ki_start.tv_sec * 1000000 + (uint64_t)p.ki_start.tv_usec;
}

char *process_program(void)
{
	int mib[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
	char path[4096];
	size_t size = sizeof(path);

	return sysctl(mib, 4, path, &size, NULL, 0) == 0 ? mem_strdup(path) : NULL;
}
