/* Datasets of very many hosts, in batches that are worked on one after the other: a session is connected to all hosts of its
 * datasets at a time, which costs threads, processes and open files. */
#ifndef ZREP_ENGINE_BATCHES_H
#define ZREP_ENGINE_BATCHES_H

#include "engine/session.h"

/* So many hosts at a time. */
#define BATCH_HOSTS 16u

struct batches {
	struct strv *
	    items; /* names, in the order in which they were given; one batch at least, which may be empty */
	size_t n;
};

/* What shares a host stays together. Where there are few names, nothing is asked, and they are one batch. Else this host
 * is asked where their other sides are; whatever is wrong with that is told when they are looked at. */
void batches_make(struct ctx *c, const struct strv *names, struct batches *out);
void batches_free(struct batches *b);

/* After one batch of several: the locks are let go of, and its hosts are hung up on. Frees the session. */
void batches_end_session(const struct batches *b, struct session *s);

#endif
