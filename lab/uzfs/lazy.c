/*
 * liblazy.so: stands for the libraries that libzfs and libnvpair hardly ever call (for keys of encryption, for disks, for
 * nvlists in XDR), in the copies of them that a host's processes load. Those libraries bring others with them, Kerberos
 * for one, and to load them all took longer than what most zfs commands do. The first call of a function loads its
 * library.
 *
 * lazy_names.h has FORWARD(function, library) for each, as the build found them.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Integers and pointers only, and at most eight: what is read beyond a function's own arguments is not looked at. */
typedef long function(long, long, long, long, long, long, long, long);

/* Racing threads store the same value. */
static function *loaded(_Atomic(void *) *slot, const char *name, const char *library)
{
	void *p = atomic_load_explicit(slot, memory_order_relaxed);
	if (p != NULL)
		return (function *)p;
	void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
	p = handle != NULL ? dlsym(handle, name) : NULL;
	if (p == NULL) {
		fprintf(stderr, "liblazy: %s\n", dlerror());
		abort();
	}
	atomic_store_explicit(slot, p, memory_order_relaxed);
	return (function *)p;
}

#define FORWARD(name, library)                                                                     \
	function name;                                                                             \
	long name(long a, long b, long c, long d, long e, long f, long g, long h)                  \
	{                                                                                          \
		static _Atomic(void *) slot;                                                       \
		return loaded(&slot, #name, library)(a, b, c, d, e, f, g, h);                      \
	}

#include "lazy_names.h"
