/* changeconfig -R: all pairs of a pool that has another name, at once. */
#ifndef ZREP_CLI_CHANGECONFIG_MOVED_H
#define ZREP_CLI_CHANGECONFIG_MOVED_H

#include "engine/context.h"

/* The exit status. */
int changeconfig_moved(struct ctx *c);

#endif
