/* doctor: what is odd about a dataset of zrep's, why, and the steps that mend it. */
#ifndef ZREP_PLAN_DOCTOR_H
#define ZREP_PLAN_DOCTOR_H

#include "plan/plan.h"

enum odd_level {
	ODD_NOTE,    /* nothing depends on it */
	ODD_WARNING, /* zrep works, and something is not as it should be */
	ODD_SERIOUS, /* zrep refuses, or somebody has to decide */
};

struct odd {
	enum odd_level level;
	char *text;
	char *mend;   /* what the steps do about it; NULL: nothing, it is not zrep's to mend */
	char *remedy; /* what somebody may do where they do nothing; NULL: nothing */
};

struct diagnosis {
	struct odd *odds;
	size_t n;
	struct plan plan; /* mends what has a `mend` */
};

/* Looks at both sides of a pair; at one only where the other is away, and then nothing that needs its word is
 * mended. Either may be NULL, not both. The caller frees with diagnosis_free(). */
void plan_doctor(const struct pair *pair, struct diagnosis *out);
void diagnosis_free(struct diagnosis *d);

/* --- shared by doctor.c and doctor_pair.c --- */

/* Adds a finding; `mend` and `remedy` are the caller's to fill in, before the next one is added. */
struct odd *doctor_add(struct diagnosis *out, enum odd_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of an error and its remedy. Takes NULL. */
void doctor_add_err(struct diagnosis *out, const struct err *e);

/* Sets TAG:prop of an end's dataset; value NULL: clears it. */
void doctor_set(struct diagnosis *out, const struct pair *pair, const struct endpoint *me,
		const char *prop, const char *value);

/* Would it be the master if TAG:master were not received or inherited? */
bool doctor_claims(const struct dataset *d, const char *tag);

/* All four properties of the pair. */
bool doctor_has_pair(const struct dataset *d);

/* What can only be told of both sides. False: one of them is in the middle of a change, which is all that can be
 * said. */
bool doctor_pair(const struct pair *pair, struct diagnosis *out);

#endif
