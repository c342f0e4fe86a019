/* What one dataset of a picture says, and what two have in common. */
#ifndef ZREP_STATE_DATASET_H
#define ZREP_STATE_DATASET_H

#include <stdbool.h>
#include <stdint.h>

struct dataset;
struct side;
struct snap;

/* The value of a setting that a replica may have from its source, NULL where it is not known; *from, where not NULL, is
 * where it comes from, see util/source.h. */
const char *dataset_setting(const struct dataset *d, const char *prop, const char **from);

/* NULL if there is none of that name. */
const struct dataset *side_find(const struct side *s, const char *dataset);

const struct snap *dataset_snap_by_guid(const struct dataset *d, uint64_t guid);

const struct snap *dataset_snap_by_name(const struct dataset *d, const char *name);

/* How many hold it beside the tag's own. */
uint64_t snap_foreign_holds(const struct snap *s);

/* A master that was making way, and learnt that somebody has led since: read-only by zrep, and no change in progress. */
bool dataset_is_outlived(const struct dataset *d);

/* The set that it belongs to, by this tag or by another; NULL: none is known. */
const char *dataset_set(const struct dataset *d);

/* Has it that GUID, or taken the place of what had it? */
bool dataset_was(const struct dataset *d, uint64_t guid);

/* Are both known to be of one set? */
bool dataset_one_set(const struct dataset *a, const struct dataset *b);

/* NULL without any. */
const struct snap *dataset_newest(const struct dataset *d);

/* Another tag under which it is a replica, of whom that names; NULL: there is none. */
const struct other_tag *dataset_follows(const struct dataset *d);

/* The newest snapshot of a that b has as well, by GUID: a's. NULL where there is none. */
const struct snap *dataset_base(const struct dataset *a, const struct dataset *b);

/* Its bookmark of the snapshot with that GUID; zrep's own where there is one. NULL: there is none. */
const struct snap *dataset_bookmark(const struct dataset *d, uint64_t guid);

const struct snap *dataset_bookmark_by_name(const struct dataset *d, const char *name);

/* From where a can send to b: the newest that b has as a snapshot and a as a snapshot or a bookmark. a's; a snapshot
 * where it has that. NULL where there is none. */
const struct snap *dataset_ground(const struct dataset *a, const struct dataset *b);

/* The same, as b has it: to where b has to be reverted so that a can send to it. */
const struct snap *dataset_return(const struct dataset *b, const struct dataset *a);

/* "tank/a@daily", or "tank/a#daily" of a bookmark. The caller frees. */
char *dataset_snap_name(const struct dataset *d, const struct snap *s);

/* The newest that the other side is known to have had: marked or held by zrep. NULL without any. */
const struct snap *dataset_last_sent(const struct dataset *d);

/* It carries the words of a master and is none, on host `self`: a copy, as a backup makes them with its properties. Not
 * in the very place of that master, where somebody must be told: it would be a pity to leave out what was restored. */
bool dataset_is_stray(const struct dataset *d, const char *self);

/* Bytes written after `s` (one of d's), in newer snapshots and since. What a dataset has "written" from
 * birth, because zrep cloned it or rolled it back, is nothing, also where it is in a snapshot by now. */
uint64_t dataset_written_after(const struct dataset *d, const struct snap *s);

/* Is `replica` offered the role of `master`, which still makes way for it, and is closed? Then it may take it at any moment, and the
 * master must stay as it is until the offer was withdrawn under the replica's lock. Either may be NULL: not known. */
bool dataset_offer_stands(const struct dataset *master, const struct dataset *replica);

/* The snapshot by which the replica has all that it was offered the role with, and nothing else; NULL: it has not, or was
 * offered none. */
const struct snap *dataset_offer_proof(const struct dataset *replica);

/* Nothing was written since its newest snapshot. */
bool dataset_unchanged(const struct dataset *d);

/* The dataset that keeps what `name` had, while it is on its way back to an older snapshot: its own
 * T:switch says so. NULL without one. */
const struct dataset *side_preserved(const struct side *s, const char *name);

/* The same where another dataset has the name `name` by now, so that nothing gives it back. NULL without one. */
const struct dataset *side_displaced(const struct side *s, const char *name);

/* The name that it had before it was put aside, or its own. The caller frees. */
char *dataset_name_before(const struct dataset *d);

#endif
