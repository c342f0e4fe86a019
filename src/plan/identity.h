/* Who stands at the ends of a link. Each end stores the GUID of the dataset at the other one (T:peer-guid), which a copy
 * that was sent does not have, and T:link, drawn anew by each sync that moves the base and by each change of role. Two
 * ends whose T:link differs either were left by a run that died, and then each has the snapshot that the other's mark
 * is on; or one was set back to an older image, or another machine has synced as it, and then it has not. */
#ifndef ZREP_PLAN_IDENTITY_H
#define ZREP_PLAN_IDENTITY_H

#include "plan/plan.h"

enum identity {
	IDENTITY_FITS,     /* or nothing is known that would speak against it */
	IDENTITY_SRC_BACK, /* the source is older than what the destination knows of it */
	IDENTITY_DST_BACK, /* the destination is older than what the source knows of it */
};

/* Is a dataset the one that another knows as its other end, whatever it is called by now? */
enum identity_end {
	END_OTHER, /* no */
	END_PERHAPS, /* they have something in common; so has a copy: nothing may be done to it for that */
	END_KNOWN, /* by its GUID, that of what it took the place of, or their link */
};

/* Is `other` what `me` knows as its other end? Where `me` stores neither a GUID nor the link of both (the script has made it, or
 * the operator, by changeconfig), what they have in common says that it may be. Looks at no words. */
enum identity_end identity_end(const struct dataset *me, const struct dataset *other);

/* Are the two datasets the ones that know each other, by their GUIDs and the id of their set? An error if not. Both have
 * to be there. */
struct err *identity_check_ends(const struct pair *pair);

/* Was one of them set back since both knew the same? Of two masters, and where something is half done, other things say
 * who is right: fits. So it does by the operator's word (pair->accepted). */
enum identity identity_of_link(const struct pair *pair);

/* Has zrep itself taken it back to where it is, to what the other end has as well? Then that is why it lacks what came after. */
bool identity_was_taken_back(const struct dataset *d, const struct dataset *other);

/* The same as an error with the command for each choice; NULL where it fits. */
struct err *identity_check_link(const struct pair *pair);

/* A sync of both ends: stores on each what it does not know yet, and where `moved` a new T:link, which a change of the
 * base needs. In the step that marks, at no cost of its own. */
void identity_record(const struct pair *pair, bool moved, struct plan *out);

/* Adds to what makes `at` an end of a new pair. `alone`: the other end is not asked. */
void identity_begin(nvlist_t *props, const struct pair *pair, enum pair_side at, bool alone);

/* Adds to the decision by which pair->dst becomes the master of `epoch`. */
void identity_decide(nvlist_t *props, const struct pair *pair, uint64_t epoch);

/* The T:link that this decision draws; none where none is drawn. */
struct link_mark identity_decided(const struct pair *pair, uint64_t epoch);

/* `d` becomes the replica of `master` (NULL: not known which), and has the link as that has it. */
void identity_follow(nvlist_t *props, const char *tag, const struct dataset *d,
		     const struct dataset *master);

/* What `d` knows of the other end counts no more: it has become the master alone, or the operator says who is there. */
void identity_forget_link(nvlist_t *props, const char *tag, const struct dataset *d);
void identity_forget_end(nvlist_t *props, const char *tag, const struct dataset *d, bool set_too);
bool identity_knows(const struct dataset *d, bool set_too);

/* Adds to what a clone gets that takes the place of `d`: the other end knows `d` by its GUID, or by that of what `d` took the
 * place of. */
void identity_succeed(nvlist_t *props, const char *tag, const struct dataset *d);
/* The same for the other end of another tag's pair on `d`. */
void identity_succeed_beside(nvlist_t *props, const struct other_tag *other,
			     const struct dataset *d);

#endif
