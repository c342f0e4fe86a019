/* What a host can tell of what is none of its pairs, and perhaps should be: a dataset that was never replicated though
 * those beside it are, and a pool that is not imported with what this host was master of in it. */
#ifndef ZREP_PLAN_HEALTH_BESIDE_H
#define ZREP_PLAN_HEALTH_BESIDE_H

#include "state/picture.h"

struct health;

/* Appends a name, of a dataset or a pool, and what is to be said of it, for each; *healths is as long as `names`. `side`
 * is everything that is zrep's on a host, listed with LIST_BESIDE and LIST_SEEN. */
void plan_beside(const struct side *side, const char *tag, const char *host, struct strv *names,
		 struct health **healths);

/* Appends the names of what this host was seen to be the master of, in pools that are not imported. `side` is everything
 * that is zrep's on it, listed with LIST_SEEN: what is there under another name of its pool is not away. */
void plan_masters_away(const struct side *side, struct strv *names);

/* The same of replicas that it was seen to have. *notes: for each of their pools what that is known from, and how it is
 * forgotten where the pool is not to be there any more, to be said beside the error of each replica. */
void plan_replicas_away(const struct side *side, const char *host, struct strv *names,
			struct strv *notes);

#endif
