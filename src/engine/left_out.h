/* What of a tree does not come along with a change of its role: found as the sync finds it that this begins with. */
#ifndef ZREP_ENGINE_LEFT_OUT_H
#define ZREP_ENGINE_LEFT_OUT_H

#include "engine/session.h"

struct health;

/* Appends "NAME: why (what to do)" for each dataset that the sync of a tree would refuse, and that no job before `told` is. The
 * session is expanded (tree_expand()); `top` is the job of the tree's root: of any other one nothing is appended. */
void left_out_find(struct session *w, size_t top, size_t told, struct strv *out);

/* The same of a dataset on this host, which is looked at anew, without locks, together with those of its members that are
 * `names`: these are told by themselves. What cannot be asked is not told. `more` (may be NULL) gets what else stands in the way
 * of a takeover. */
void left_out_look(struct ctx *c, const char *top, const struct strv *names, struct strv *out,
		   struct health *more);

#endif
