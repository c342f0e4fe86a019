/* T:switch, the note of a role change in progress: text to value and back. Text from outside that is
 * none of these is SWITCH_UNKNOWN, which nobody acts on. */
#ifndef ZREP_STATE_SWITCH_STATE_H
#define ZREP_STATE_SWITCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* What is above that cannot grow by any change of the role, forced or planned. */
#define EPOCH_MAX (UINT64_MAX - 1024)

enum switch_kind {
	SWITCH_NONE,
	SWITCH_DEMOTING, /* "leaving EPOCH" or "leaving EPOCH resting": this master makes way for one of that epoch */
	SWITCH_PROMOTING, /* "entering EPOCH": this side has decided to be the master of that epoch */
	SWITCH_OFFERED, /* "offered EPOCH GUID": this replica may be the master of that epoch whenever it wants; the snapshot proves
			   that it has everything */
	SWITCH_RESTING, /* "resting": this master is closed, and nobody was offered its role */
	SWITCH_REVERTING, /* "back GUID keep NAME" or "back GUID discard": on its way to that snapshot */
	SWITCH_UNKNOWN,
};

struct switch_state {
	enum switch_kind kind;
	uint64_t epoch;
	bool rests; /* DEMOTING: where nothing comes of it, it stays closed, and is resting */
	uint64_t guid;
	char *preserve_as; /* BACK: the dataset that keeps what is newer; NULL: it is destroyed */
};

/* text NULL: SWITCH_NONE. The caller frees with switch_clear(). */
struct switch_state switch_parse(const char *text);
void switch_clear(struct switch_state *c);

/* Is it a master's that is about to be closed, or is? */
bool switch_makes_way(const struct switch_state *s);
/* Is nothing of it half done, and has somebody to say who is to lead? */
bool switch_waits(const struct switch_state *s);

/* What stands between a dataset's name and the time, in the name under which its newer data is kept. */
#define PRESERVED_INFIX "_kept_"

/* The dataset whose newer data is kept under that name: NAME of NAME_kept_20261125T130509Z. The caller frees;
 * NULL for any other name. */
char *preserved_name_before(const char *kept);
/* Is it the name of what was kept aside of the dataset `name`? */
bool preserved_is_of(const char *kept, const char *name);
/* Does what dataset `name` says of itself mean that it keeps what another name had? */
bool switch_is_aside(const struct switch_state *s, const char *name);

/* The caller frees. */
char *switch_demoting(uint64_t epoch, bool rests);
char *switch_promoting(uint64_t epoch);
char *switch_offered(uint64_t epoch, uint64_t guid);
#define SWITCH_RESTING_TEXT "resting"
/* keep NULL: discard. */
char *switch_reverting(uint64_t guid, const char *keep);

#endif
