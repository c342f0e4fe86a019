/* What is set on datasets, as far as it matters to a pair: what cannot be read, and what a replica has otherwise than its
 * master. check, status -m and doctor tell it alike. */
#ifndef ZREP_PLAN_HEALTH_SETTINGS_H
#define ZREP_PLAN_HEALTH_SETTINGS_H

#include <stdbool.h>

#include "plan/health/finding.h"
#include "plan/pair.h"

struct diagnosis;
struct follow;

/* Of one side. */
void health_tell_settings(struct health *h, const struct dataset *d, const char *host,
			  const char *tag);

/* Also of one side: what of the epoch, and of what is expired, cannot be read. */
void health_tell_unread(struct health *h, const struct dataset *d, const char *host,
			const char *tag);

/* What whoever asks its host is not allowed there, and what a limit leaves him no room for. */
void health_tell_denied(struct health *h, enum check_level level, const struct dataset *d,
			const char *host);

/* Of a pair, of which both are there: does a limit of the replica's own bound what is available to it? It is lifted by the
 * next sync before anything is sent. */
bool health_is_bounded(const struct pair *p);
/* Tells how they differ, as follow_compare() found it. */
void health_tell_differences(struct health *h, const struct pair *p, const struct follow *f);

/* Of the top of a tree, after that: would its quota do as well for what is not sent of what is below it, `below` bytes? */
void health_tell_tree_quota(struct health *h, const struct pair *top, uint64_t below);

/* Would there be room for what is to be reserved for the replica as the master? After its room was looked at. */
void health_tell_reserved(struct health *h, const struct pair *p, const struct follow *f);

/* All of the rest, for doctor. */
void doctor_settings(const struct pair *p, struct diagnosis *out);

#endif
