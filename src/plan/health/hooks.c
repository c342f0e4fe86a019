#include "plan/health/hooks.h"

#include <string.h>

#include "plan/health/finding.h"
#include "util/mem.h"

/* Where it stands, what that means, and how bad it is. */
static const struct {
	const char *what;
	enum pair_side at;
	const char *means;
	enum check_level level;
} special[] = {
    {"pre-demote", PAIR_SRC, "a failover would be undone", CHECK_CRITICAL},
    {"pre-promote", PAIR_DST, "a failover would be undone", CHECK_CRITICAL},
    {"ZREP_OUTFILTER", PAIR_SRC, "the next sync would fail", CHECK_CRITICAL},
    {"ZREP_INFILTER", PAIR_DST, "the next sync would fail", CHECK_CRITICAL},
    {"ZREP_OUTFILTER", PAIR_DST, "after a failover, the first sync would fail", CHECK_WARNING},
    {"ZREP_INFILTER", PAIR_SRC, "after a failover, the first sync would fail", CHECK_WARNING},
};

static void tell(enum pair_side at, const char *what, struct err *e, struct health *out)
{
	const char *means = "a change of the role would not run a hook";
	enum check_level level = CHECK_WARNING;

	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (special[i].at == at && strcmp(special[i].what, what) == 0) {
			means = special[i].means;
			level = special[i].level;
		}
	err_wrap(e, "%s", means);
	health_add(out, level, e);
}

void health_hooks(const struct pair *pair, struct health *out)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const nvlist_t *bad = pair_end(pair, at)->bad_hooks;
		nv_each(bad, p) {
			struct err *e = nv_err(bad, nvpair_name(p), NULL);
			if (e != NULL)
				tell(at, nvpair_name(p), e, out);
			err_free(e);
		}
	}
}
