/*
 * What libzpool spends on being an imitation of a kernel, and a kernel would not: it asks /sys for the number of
 * processors several times for each dataset that it opens, and reads /dev/urandom at each allocation in the ARC, to
 * pretend now and then that memory is short. Both are a third to a half of a listing's time.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <unistd.h>

/* As much as one can ask for: the ARC has a size of its own. */
int64_t arc_available_memory(void);
int64_t arc_available_memory(void)
{
	return INT64_MAX;
}

/* It does not change while a host is up. */
long sysconf(int name)
{
	static long (*libc)(int);
	static long processors;

	if (libc == NULL)
		libc = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
	if (name != _SC_NPROCESSORS_ONLN)
		return libc(name);
	if (processors == 0)
		processors = libc(name);
	return processors;
}
