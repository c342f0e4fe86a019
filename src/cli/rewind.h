/* sync DATASET@SNAP: the replica goes back to that snapshot. */
#ifndef ZREP_CLI_REWIND_H
#define ZREP_CLI_REWIND_H

struct ctx;

/* The exit status. c->args has the one operand, with an @. */
int rewind_replica(struct ctx *c);

#endif
