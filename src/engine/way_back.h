/* After a change of the role the other host sends to this one. Whether it can log in here only it can tell; and so
 * each host of its hooks. */
#ifndef ZREP_ENGINE_WAY_BACK_H
#define ZREP_ENGINE_WAY_BACK_H

#include "engine/session.h"

/* Asks each connected host that has replicas of this one's masters, all at the same time, one question each. Sets
 * no_way_back of the jobs whose peer said that it cannot; a zrep that does not know the question tells nothing. */
void way_back_ask(struct session *s);

/* Asks this host and each connected one whether their hooks would be run. Sets bad_hooks of the jobs; of a host that is
 * asked for both ends, of one of them. */
void way_back_ask_hooks(struct session *s);

#endif
