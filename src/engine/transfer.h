/* One stream, from one host to the other. */
#ifndef ZREP_ENGINE_TRANSFER_H
#define ZREP_ENGINE_TRANSFER_H

#include "engine/task.h"

/* Both ends of a stream that was begun; all NULL: none was. */
struct stream_ends {
	struct host_stream *in, *out;
	nvlist_t *sargs, *rargs;
	struct err *es, *er;
};

/* Step i of a task, which is a stream, from source to destination. Where the destination has small blocks in place of
 * large ones, or cannot do without large ones, it is sent again as that needs, and the task gets steps that remember
 * it. `next`: the step that is to be the next, SIZE_MAX: none; it may be begun already, in *ahead, where this one was put
 * by the step before. After an error nothing is left there. */
struct err *transfer_step(const struct run *r, struct task *t, size_t i, size_t next,
			  struct stream_ends *ahead);

/* Nothing comes after it. */
void transfer_drop(struct stream_ends *ahead);

#endif
