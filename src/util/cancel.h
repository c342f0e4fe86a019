/* One flag that asks everything to stop: set by a signal or by a lost connection, looked at by
 * whatever waits. Setting it is safe in a signal handler. */
#ifndef ZREP_UTIL_CANCEL_H
#define ZREP_UTIL_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct cancel {
	atomic_int signal;    /* 0, or the signal (or -1: lost connection) that asked to stop */
	struct cancel *above; /* NULL, or one that asks everything here to stop as well */
};

static inline void cancel_set(struct cancel *c, int sig)
{
	int none = 0;
	atomic_compare_exchange_strong(&c->signal, &none, sig);
}

static inline bool cancelled(struct cancel *c)
{
	while (c != NULL && atomic_load_explicit(&c->signal, memory_order_relaxed) == 0)
		c = c->above;
	return c != NULL;
}

#endif
