/* What each step is about, by GUID: names say nothing of what is under them by the time that a step is taken. */
#ifndef ZREP_PLAN_GUIDS_H
#define ZREP_PLAN_GUIDS_H

struct pair;
struct plan;
struct side;

/* Fills in `guid` and `from_guid` of every step from the pair, and from what else was listed on both hosts (either may be
 * NULL: nothing was), as
 * the names are by the time that it is the step's turn: a dataset that the plan renames has its GUID under its new name, and
 * what comes in its place has none that is known. */
void plan_guids(struct plan *p, const struct pair *pair, const struct side *src,
		const struct side *dst);

#endif
