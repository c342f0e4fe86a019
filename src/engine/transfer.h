/* One stream, from one host to the other. */
#ifndef ZREP_ENGINE_TRANSFER_H
#define ZREP_ENGINE_TRANSFER_H

#include "engine/task.h"

/* Step i of a task, which is a stream, from source to destination. Where the destination has small blocks in place of
 * large ones, or cannot do without large ones, it is sent again as that needs, and the task gets steps that remember
 * it. */
struct err *transfer_step(const struct run *r, struct task *t, size_t i);

#endif
