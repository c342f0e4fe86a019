/*
 * What libzpool spends on being an imitation of a kernel, and a kernel would not: it asks /sys for the number of
 * processors several times for each dataset that it opens, and reads /dev/urandom at each allocation in the ARC, to
 * pretend now and then that memory is short. Both are a third to a half of a listing's time. And the tables it makes when
 * it starts are as large as the machine's memory would need, where a host of ours uses some hundred megabytes. And of 140
 * threads that it starts for a pool, more than half never have anything to do.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* As much as one can ask for: the ARC has a size of its own. */
int64_t arc_available_memory(void);
int64_t arc_available_memory(void)
{
	return INT64_MAX;
}

#ifndef UZ_OWN_LIBZPOOL /* which is made so */
typedef struct taskq taskq_t;
taskq_t *taskq_create(const char *name, int threads, int pri, int min, int max, unsigned flags);
taskq_t *taskq_create(const char *name, int threads, int pri, int min, int max, unsigned flags)
{
	static taskq_t *(*libzpool)(const char *, int, int, int, int, unsigned);
	if (libzpool == NULL)
		libzpool = (taskq_t * (*)(const char *, int, int, int, int, unsigned))
		    dlsym(RTLD_NEXT, "taskq_create");
	/* 64 there, for a machine of any size. */
	if (strcmp(name, "system_taskq") == 0 && threads > 8)
		threads = 8;
	/* 16 for each pool's files. */
	if (strcmp(name, "z_vdev_file") == 0 && threads > 4)
		threads = 4;
	return libzpool(name, threads, pri, min, max, flags);
}

#endif

/* The number of processors does not change while a host is up. */
long sysconf(int name)
{
	const long memory = 2L << 30; /* more than the ARC's greatest size, see ioctl_init() */
	static long (*libc)(int);
	static long processors;

	if (libc == NULL)
		libc = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
	if (name == _SC_PHYS_PAGES)
		return memory / libc(_SC_PAGESIZE);
	if (name != _SC_NPROCESSORS_ONLN)
		return libc(name);
	if (processors == 0)
		processors = libc(name);
	return processors;
}
