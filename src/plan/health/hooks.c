#include "plan/health/hooks.h"

#include <string.h>

#include "plan/health/finding.h"

/* By which a failover would be stopped; what comes after it, or only without the master, is a warning. */
static bool stops(enum pair_side at, const char *hook)
{
	return strcmp(hook, at == PAIR_SRC ? "pre-demote" : "pre-promote") == 0;
}

void health_hooks(const struct pair *pair, struct health *out)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const nvlist_t *bad = pair_end(pair, at)->bad_hooks;
		nv_each(bad, p) {
			struct err *e = nv_err(bad, nvpair_name(p), NULL);
			if (e == NULL)
				continue;
			bool refuses = stops(at, nvpair_name(p));
			err_wrap(e, "%s",
				 refuses ? "a failover would be undone"
					 : "a change of the role would not run a hook");
			health_add(out, refuses ? CHECK_CRITICAL : CHECK_WARNING, e);
			err_free(e);
		}
	}
}
