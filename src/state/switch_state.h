/* T:switch, the note of a role change in progress: text to value and back. Text from outside that is
 * none of these is CHANGE_UNKNOWN, which nobody acts on. */
#ifndef ZREP_STATE_CHANGE_H
#define ZREP_STATE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

enum change_kind {
	CHANGE_NONE,
	CHANGE_LEAVING,  /* "leaving EPOCH": this master makes way for one of that epoch */
	CHANGE_ENTERING, /* "entering EPOCH": this side has decided to be the master of that epoch */
	CHANGE_BACK, /* "back GUID keep NAME" or "back GUID discard": on its way to that snapshot */
	CHANGE_UNKNOWN,
};

struct change {
	enum change_kind kind;
	uint64_t epoch;
	uint64_t guid;
	char *keep; /* BACK: the dataset that keeps what is newer; NULL: it is destroyed */
};

/* text NULL: CHANGE_NONE. The caller frees with change_clear(). */
struct change change_parse(const char *text);
void change_clear(struct change *c);

/* What stands between a dataset's name and the time, in the name under which its newer data is kept. */
#define CHANGE_KEPT "_kept_"

/* The dataset whose newer data is kept under that name: NAME of NAME_kept_20261125T130509Z. The caller frees;
 * NULL for any other name. */
char *change_name_before(const char *kept);
/* Is it the name of what was kept aside of the dataset `name`? */
bool change_is_kept(const char *kept, const char *name);

/* The caller frees. */
char *change_leaving(uint64_t epoch);
char *change_entering(uint64_t epoch);
/* keep NULL: discard. */
char *change_back(uint64_t guid, const char *keep);

#endif
