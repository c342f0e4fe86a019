/* Lanes of a program that stays: a thread for what has one host and one pool on either side, so that one that hangs holds up
 * nothing else. */
#ifndef ZREP_CLI_RUN_LANE_H
#define ZREP_CLI_RUN_LANE_H

#include "cli/run_charge.h"

/* Gives every charge its lane, and starts those that there were not. */
void lanes_divide(struct charges *s);

/* The hosts that lanes may be in just now, by name. */
void lanes_in_use(struct charges *s, struct strv *hosts);

/* Ends all of them, and waits for that: what they have begun is over then. The lock is not held. */
void lanes_end(struct charges *s);

#endif
