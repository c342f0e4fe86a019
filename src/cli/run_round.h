/* A round: what of a lane was due is synced, as `sync all` would, and what came of it is said and noted. */
#ifndef ZREP_CLI_RUN_ROUND_H
#define ZREP_CLI_RUN_ROUND_H

#include "cli/run_charge.h"

/* What rounds to one host have in common. */
struct route {
	struct charges *all;
	char *host;
	pthread_mutex_t lock; /* over what follows, and what is said of the host */
	char *told;           /* why it could not be asked; NULL: it could */
	unsigned failures;    /* of that, in a row */
};

/* Syncs n charges, in the order of their names, `parallel` at a time, once more where the line broke. They are working, and nobody
 * else's; the lock of all is not held. One that has much more to send than the others of its round is left out, and marked
 * (charge.slow). */
void round_run(struct route *to, struct charge **items, size_t n, unsigned parallel);

#endif
