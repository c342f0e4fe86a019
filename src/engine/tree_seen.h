/* Trees whose datasets this host was seen to have a moment ago. */
#ifndef ZREP_ENGINE_TREE_SEEN_H
#define ZREP_ENGINE_TREE_SEEN_H

#include "engine/session.h"

/* Of trees, the names of whose tops are given, and what this host was seen to have a moment ago: adds the names of what is
 * below them, and says of all where the other side is ("": that is not known), for session_open(). What was added is a guess:
 * the caller notes it in the jobs, calls tree_drop_doubtful() when both sides were looked at, and tree_expand() drops what does
 * not belong to the tree. */
void tree_seen(const struct side *seen, bool pull, struct strv *names, struct strv *hosts,
	       struct strv *fss);

/* Drops those that were guessed and are not simply to be synced: what is the matter with them is found by tree_expand(). */
void tree_drop_doubtful(struct session *s);

#endif
