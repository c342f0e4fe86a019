/* Findings: what is wrong with a pair, how bad that is, and what mends it. */
#ifndef ZREP_PLAN_HEALTH_FINDING_H
#define ZREP_PLAN_HEALTH_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* The numbers are the exit statuses that monitoring plugins use. */
enum check_level { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* The worse of two: critical, unknown, warning, ok. */
enum check_level check_worse(enum check_level a, enum check_level b);

struct finding {
	enum check_level level;
	enum err_reason reason;
	char *text;
	char *
	    mend; /* doctor: what its plan does about it; NULL: nothing, it is not zrep's to mend */
	char *remedy; /* what somebody may do; NULL: nothing */
	bool quoted;  /* it is another host's word, see struct err */
	bool past;    /* doctor: of a run before; what is mended now may have been its cause */
};

/* Frees what it has, not itself. */
void finding_clear(struct finding *f);

struct health {
	struct finding *findings; /* of one level, the weightiest first */
	size_t n;
	bool lag_known, unsent_known, room_known;
	uint64_t lag;    /* seconds since the other side had everything */
	uint64_t unsent; /* bytes that it does not have */
	uint64_t
	    room; /* bytes that it could take, the next sync of the pair having done what it does before it sends */
	/* Bytes that are reserved for it as the master beyond what it takes then, where there is room for them: for all of
	 * it, and for itself alone. */
	uint64_t reserves, ref_reserves;
	bool
	    look_again; /* a command that was at work between two looks would explain what was found */
};

enum check_level health_level(const struct health *h);

/* Takes text and remedy (may be NULL) over. */
void health_add_text(struct health *h, enum check_level level, char *text, char *remedy);
void health_add(struct health *h, enum check_level level, const struct err *e);
void health_free(struct health *h);

#endif
