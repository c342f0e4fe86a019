#include "plan/setup/clear.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/bookmark.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "state/schema.h"
#include "state/dataset.h"
#include "util/mem.h"

/* Does that property outlive the pair? Not one that says nothing, or cannot be read. */
static bool stays(const struct dataset *d, const char *key)
{
	const char *name = strchr(key, ':') + 1;
	const struct schema *row = schema_find(BEARS_DATASET, name);

	return row != NULL && row->stays && (strcmp(name, "exclude") == 0 || !nv_empty(d->props));
}

/* What the operator chose for the pair, and may want to set again for another one. */
static bool was_chosen(const char *key)
{
	static const char *const names[] = {"keep",   "foreign", "foreign-keep",
					    "quotas", "rpo",     "large-blocks"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(strchr(key, ':') + 1, names[i]) == 0)
			return true;
	return false;
}

/* So that nobody has to remember. */
static void tell_chosen(const struct dataset *d, const char *host, struct plan *out)
{
	struct buf all = {0};

	nv_each(d->own, p)
		if (was_chosen(nvpair_name(p))) {
			char *set =
			    str_fmt("%s=%s", nvpair_name(p), nv_str(d->own, nvpair_name(p)));
			buf_tell(&all, "{ %s}", set);
			free(set);
		}
	if (all.len > 0)
		strv_tell(
		    &out->notes,
		    "what was chosen for the pair goes with it; to set that again, after another "
		    "init: on %s, {zfs set}%s{ %s}",
		    host, all.data, d->name);
	buf_free(&all);
}

void plan_clear(const struct pair *pair, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	nvlist_t *props;

	assert(d != NULL);
	if (d->switch_state.kind != SWITCH_NONE && d->switch_state.kind != SWITCH_UNKNOWN) {
		struct err *e = plan_switching(pair->tag, d, pair->src.host_name);
		if (d->switch_state.kind == SWITCH_DEMOTING) {
			char *remedy = mem_strdup(e->remedy);
			err_remedy(e,
				   "%s; if its other side is gone for good: on %s, {zrep "
				   "takeover -L --force %s}",
				   remedy, pair->src.host_name, d->name);
			free(remedy);
		}
		plan_refuse(out, e);
		return;
	}
	out->clears = true;
	props = nv_new();
	nv_each(d->own, p)
		if (!stays(d, nvpair_name(p)))
			nv_add_flag(props, nvpair_name(p));
		else
			strv_tell(&out->notes,
				  "%s of %s on %s stays, as it is no part of the pair; to remove "
				  "it: on %s, "
				  "{zfs inherit %s %s}",
				  nvpair_name(p), d->name, pair->src.host_name, pair->src.host_name,
				  nvpair_name(p), d->name);
	if (!nv_empty(props))
		plan_add(out, STEP_SET, PHASE_RECORD, PAIR_SRC, d->name)->props = props;
	else
		nv_free(props);
	tell_chosen(d, pair->src.host_name, out);
	plan_clear_bookmarks(out, d, PAIR_SRC);
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		char *name = str_fmt("%s@%s", d->name, s->name);
		if (s->held)
			plan_add(out, STEP_RELEASE, PHASE_LET_GO, PAIR_SRC, name);
		if (!s->zrep_named && s->sent != 0) { /* a foreign one that was the base */
			nvlist_t *mark = nv_new();
			char key[64];
			snprintf(key, sizeof(key), "%s:sent", pair->tag);
			nv_add_flag(mark, key);
			if (s->cascaded)
				plan_prop(mark, pair->tag, "relayed", NULL);
			plan_add(out, STEP_SET, PHASE_RECORD, PAIR_SRC, name)->props = mark;
		}
		if (s->zrep_named && snap_foreign_holds(s) > 0)
			strv_addf(&out->notes, "%s on %s stays: somebody else holds it", name,
				  pair->src.host_name);
		else if (s->zrep_named)
			plan_add(out, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, name);
		free(name);
	}
}
