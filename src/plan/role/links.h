/* The other links of a dataset, when its role moves: who tells whom of them, who goes on with them, and who gives them
 * up. A dataset sends under any number of tags, and receives under one at most. */
#ifndef ZREP_PLAN_ROLE_LINKS_H
#define ZREP_PLAN_ROLE_LINKS_H

#include "plan/plan.h"

/* Is it the master of all its tags? One that receives under another tag only passes on. */
bool plan_leads(const struct dataset *d);

/* Do a stored host and name mean this end of the pair, as far as it exists? Any of them may be NULL: then not. */
bool plan_is_end(const struct endpoint *e, const char *host, const char *fs);
/* Do two of them, stored on different datasets, mean the same one? */
bool plan_same_place(const char *host, const char *fs, const char *host2, const char *fs2);

/* Adds to the properties of the pair's destination what it is to know of its source's other links, where it does not. */
void plan_tell_links(const struct pair *pair, nvlist_t *props);

/* Adds to a decision that asks nobody (takeover -L): the destination goes on with what its source sent to others, of which
 * it was told, as the master of that epoch. */
void plan_adopt_links(const struct pair *pair, uint64_t epoch, uint64_t fork, struct step *decision,
		      struct plan *out);

/* Both ends are masters, and `from` sends to the other one under another tag than the pair's, by a link that it has adopted: the
 * commands by which the other end comes back over that one, with `force` ("--force ", or "") where that is needed. NULL: it is
 * not so. The caller frees. */
char *plan_back_by(const struct pair *pair, enum pair_side from, const char *force);
/* The same where the pair of `from` leads elsewhere, and the other end is of no later epoch: makes these commands the remedy of
 * `e`. False: it is not so. */
bool plan_rejoin_by(const struct pair *pair, enum pair_side from, struct err *e);

/* The tag, not the pair's, under which `from` sends to the other end, where that leads under it too, and to somebody else: as
 * the replica under the pair's tag alone it would be in the way of that link. NULL: there is none. */
const struct other_tag *plan_sent_beside(const struct pair *pair, enum pair_side from);

/* The tag, not the pair's, under which the other end receives from `from`, as both say. NULL: none. */
const struct other_tag *plan_feeds(const struct pair *pair, enum pair_side from);

/* Adds to the properties of an end that becomes the replica of the other: a link that the new master has adopted, or that
 * leads to that one or to who is above it, is given up; and where it received under another tag, from somebody else, it sends
 * there from now on, if the new master does not. */
void plan_hand_on_links(const struct pair *pair, enum pair_side at, uint64_t epoch,
			nvlist_t *props);

/* The tag under which the destination, which has no pair of this tag, receives from somebody else of the same set, whom the source
 * has outranked or equals: it may come over to the source, which means it (rejoin). NULL: it is not so. */
const struct other_tag *plan_comes_over(const struct pair *pair);

/* Does the destination, a replica of something else until now, follow the source? It is of the same name there, and the
 * source is a master of a higher epoch than any it has heard of. */
bool plan_follows(const struct pair *pair);
/* Does the destination send by that link to the source, which leads, and does not receive by it? It was told once that it is
 * to, or led itself; a source that leads receives nothing, and a destination that follows it gives such a link up. */
bool plan_sends_up(const struct pair *pair, const struct other_tag *o);

/* Adds to the properties of a destination that the source is to have from now on, and whom that knew there before: it takes the
 * place of that. The sync that follows stores on both ends who is who, but may be killed between the two. */
void plan_be_known(const struct pair *pair, nvlist_t *props);

/* The step that says so on the destination; nothing where it does not follow. */
void plan_follow(const struct pair *pair, struct plan *out);

#endif
