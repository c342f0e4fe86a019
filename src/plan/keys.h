/* Keys of encrypted pairs. A raw stream brings the key of its dataset as the source has wrapped it, to be opened by what opens
 * it there; whose key the destination uses no stream says. So both sides have to be wrapped alike, and the destination must
 * not use the key of a dataset that the source's does not come from: ZFS would go on as if nothing was the matter, as long as
 * the key stays in its memory. */
#ifndef ZREP_PLAN_KEYS_H
#define ZREP_PLAN_KEYS_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* Whose key the destination uses. */
enum key_place {
	KEY_ALIKE, /* as on the source, or nothing is known against it */
	KEY_FOREIGN, /* that of a dataset by which what the source sends cannot be opened: it needs one of its own */
	KEY_JOINS, /* its own, where the source's comes from above, and the same is above it here: it can be inherited */
	KEY_APART, /* its own, where the source's comes from above, and that cannot be helped now */
};
enum key_place keys_place(const struct pair *pair);

/* Was a key changed on either side since the last stream? Then the next one has something to bring. */
bool keys_differ(const struct pair *pair);

/* Is the replica d not wrapped as the last stream left it? Nobody but its own host has done that. */
bool keys_changed_there(const struct dataset *d);

/* Can what is stored of d's key not be opened by the key of the dataset that it uses, as far as d tells by itself? One of its
 * own opens it then: that of the master that it came from. */
bool keys_is_lost(const struct dataset *d);

/* Why what is in d could not be read on its own host now, as far as that can be told by itself: its key is not loaded, not the
 * right one, or not that of the dataset whose key it uses. NULL: it could, or nothing is known. */
struct err *keys_check_one(const struct dataset *d, const char *host);

/* Of a source that is no pair yet, and becomes one with the next sync of the tree at `top`: why its copy could not be written to
 * then. Its key has to be loaded where it arrives, unless what is above it opens it. NULL: nothing is known against it. */
struct err *keys_check_new(const struct pair *pair, const char *top);

/* The same of the destination, as the master that it is to become after one more sync. */
struct err *keys_check_master(const struct pair *pair);

/* Is nothing to be brought of the key? Else the source has to send something, though nothing was written. */
bool keys_are_brought(const struct pair *pair);

/* Of a source that is no pair yet: can its copy, which arrives with a key of its own, use that of what it comes to lie in, as the
 * source does? parent: where that is, or what is nearest above; NULL: not known. arriving: the source of what it lies in, where that
 * comes in the same run; NULL: it is there. key_comes: so does the dataset whose key the source uses. */
bool keys_join_new(const struct pair *pair, const struct dataset *parent,
		   const struct dataset *arriving, bool key_comes);

/* What has to be done to the destination before it receives. Only in a plan in which it does: until then what is there is
 * opened by what it uses. */
void keys_before(const struct pair *pair, struct plan *out);

/* And after it: `sent`: something was. */
void keys_after(const struct pair *pair, bool sent, struct plan *out);

#endif
