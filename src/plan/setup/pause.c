#include "plan/setup/pause.h"

#include <assert.h>

#include "plan/plan.h"
#include "plan/refusals.h"

void plan_pause(const struct pair *pair, bool paused, struct plan *out)
{
	const struct dataset *d = pair->src.d;

	assert(pair->src.d != NULL);
	if (d->role != ROLE_MASTER && d->role != ROLE_REPLICA) {
		plan_refuse(out, plan_no_pair(d->name, pair->src.host_name, pair->tag));
		return;
	}
	/* A mark that it has itself, of a time when it was the master, is taken away. */
	if (d->role == ROLE_REPLICA && (paused || !d->paused)) {
		plan_refuse(out, err_remedy(err_refuse(REASON_NOT_MASTER, "%s on %s is a replica",
						       d->name, pair->src.host_name),
					    "%s it on its master: on %s, {zrep %s %s}",
					    paused ? "pause" : "unpause", d->src_host,
					    paused ? "pause" : "unpause", d->src_fs));
		return;
	}
	out->unchanged = d->paused == paused;
	if (out->unchanged)
		return;
	nvlist_t *props = nv_new();
	plan_prop(props, pair->tag, "paused", paused ? "yes" : NULL);
	plan_add(out, STEP_SET, PHASE_RECORD, PAIR_SRC, d->name)->props = props;
}
