#include "plan/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/role_props.h"
#include "plan/sync.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"

void plan_snapshot(const struct pair *pair, const struct sync_opts *opts, struct plan *out)
{
	const struct dataset *s = pair->src.d;
	struct err *e = plan_check_source(pair);

	if (e == NULL && s->switch_state.kind != SWITCH_NONE)
		e = plan_switching(pair->tag, s, pair->src.host_name);
	if (e == NULL && s->cascade)
		e = err_remedy(
		    err_refuse(REASON_OTHER_TAG,
			       "%s on %s is a replica under another tag: it has only the "
			       "snapshots of its master",
			       s->name, pair->src.host_name),
		    "{zrep -t %s sync %s} passes on what it has", pair->tag, s->name);
	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *newest = dataset_newest(s);
	if (newest != NULL && newest->zrep_named && !newest->seq.unsent && s->written == 0) {
		out->unchanged = true;
		out->base = mem_strdup(newest->name);
		return;
	}
	uint64_t seq = plan_next_seq(s, NULL);
	out->base = name_seq(pair->tag, seq > opts->seq ? seq : opts->seq);
	char *name = str_fmt("%s@%s", s->name, out->base);
	plan_add(out, STEP_SNAPSHOT, PHASE_SNAPSHOT, PAIR_SRC, name);
	free(name);
}

void plan_snapshot_hooks(const struct pair *pair, struct plan *out)
{
	if (!pair->src.snapshot_hooks)
		return;
	plan_hook(out, pair, PAIR_SRC, PHASE_FREEZE, pair->src.d->epoch, "master");
	plan_hook(out, pair, PAIR_SRC, PHASE_THAW, pair->src.d->epoch, "master");
}
