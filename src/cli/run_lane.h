/* Lanes of a program that stays: what has one host and one pool on either side, with a thread of its own, so that one that hangs
 * holds up nothing else; and with some more while something takes long. */
#ifndef ZREP_CLI_RUN_LANE_H
#define ZREP_CLI_RUN_LANE_H

#include "cli/run_charge.h"

/* Gives every charge its lane, and starts those that there were not. */
void lanes_divide(struct charges *s);

/* Gives a lane another thread where something is due that would wait for what takes long. */
void lanes_help(struct charges *s);

/* The hosts that lanes may be in just now, by name. */
void lanes_in_use(struct charges *s, struct strv *hosts);

/* Ends all of them, and waits for that: what they have begun is over then. The lock is not held. */
void lanes_end(struct charges *s);

#endif
