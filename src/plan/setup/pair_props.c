#include "plan/setup/pair_props.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/retention/expire.h"
#include "plan/role/history.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "state/props.h"
#include "util/mem.h"

#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

bool setup_is_ours(const struct pair_setup *b)
{
	const struct dataset *d = b->pair->dst.d;

	return d->role == ROLE_REPLICA && strcmp(d->src_fs, b->src_fs) == 0 &&
	       name_names_host(d->src_host, b->src_host);
}

struct err *setup_check_free(const struct pair_setup *b)
{
	const struct pair *p = b->pair;
	const struct dataset *d = p->dst.d;

	if (d->switch_state.kind != SWITCH_NONE)
		return plan_switching(p->tag, d, p->dst.host_name);
	if (d->master || d->role == ROLE_MASTER)
		return err_remedy(
		    err_refuse(REASON_NOT_REPLICA, "%s on %s is itself a master of zrep's (tag %s)",
			       DST(p), p->tag),
		    "choose another name; `{zrep status}` on %s says what it replicates to",
		    p->dst.host_name);
	if (d->role == ROLE_REPLICA && !setup_is_ours(b))
		return err_remedy(err_refuse(REASON_NOT_REPLICA,
					     "%s on %s is the replica of %s on %s already (tag %s)",
					     DST(p), d->src_fs, d->src_host, p->tag),
				  "choose another name; if that pair is over: on %s, {zrep clear "
				  "%s}" PLAN_CLEAR_COSTS,
				  p->dst.host_name, d->name);
	if (d->role == ROLE_BROKEN)
		return err_remedy(
		    err_refuse(REASON_BROKEN_PAIR,
			       "%s on %s carries zrep properties that do not fit it (tag %s)",
			       DST(p), p->tag),
		    "choose another name; or on %s, see `{zrep list -v %s}`; if they are left "
		    "over: "
		    "{zrep clear %s}" PLAN_CLEAR_COSTS,
		    p->dst.host_name, d->name, d->name);
	return tags_check(p, PAIR_DST, DEED_ADOPT);
}

struct err *setup_check_kind(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e = plan_check_kind(p);

	if (e != NULL)
		return err_remedy(e, s->encrypted && s->type == d->type
					 ? "choose a destination that does not exist, or bring the "
					   "copy there with {zfs send -w}"
					 : "choose a destination that does not exist");
	if (s->encrypted && s->key_guid != d->key_guid && s->key_guid != 0 && d->key_guid != 0)
		return err_remedy(
		    err_refuse(REASON_MISFIT,
			       "%s on %s and %s on %s are encrypted by different keys: no stream "
			       "fits both",
			       SRC(p), DST(p)),
		    "choose a destination that does not exist, or bring the copy there with {zfs "
		    "send -w}");
	return NULL;
}

void setup_mark(const struct pair_setup *b, enum pair_side at)
{
	bool src = at == PAIR_SRC;
	char *name = str_fmt("%s@%s", src ? b->src_fs : b->dst_fs, src ? b->snap : b->dst_snap);
	nvlist_t *props = nv_new();

	plan_prop_u64(props, b->pair->tag, "sent", b->pair->now);
	plan_add(b->out, STEP_HOLD, PHASE_SECURE, at, name);
	plan_add(b->out, STEP_SET, PHASE_RECORD, at, name)->props = props;
	free(name);
	const struct snap *there = dataset_snap_by_name(b->pair->src.d, b->snap);
	if (!src && b->pair->src.d->cascade && there != NULL && there->other)
		plan_cascaded(b->out, b->pair, b->dst_fs, there, b->dst_snap);
}

/* A replica has what its source has on record, and not what it may have of another pair. */
static void begin_history(nvlist_t *props, const struct pair_setup *b, enum pair_side at)
{
	const struct dataset *s = b->pair->src.d, *d = b->pair->dst.d;

	if (b->pair->who == NULL || at != PAIR_DST)
		return;
	if (d != NULL && setup_is_ours(b))
		plan_record(props, b->pair, at, NULL);
	else if (s->history != NULL) {
		char *text = history_join(s->history, NULL); /* what can be read of it */
		plan_prop(props, b->pair->tag, "history", text);
		free(text);
	} else if (d != NULL && d->history != NULL)
		plan_prop(props, b->pair->tag, "history", NULL);
}

nvlist_t *setup_props(const struct pair_setup *b, enum pair_side at)
{
	const struct dataset *d = at == PAIR_SRC ? b->pair->src.d : b->pair->dst.d;
	const char *tag = b->pair->tag;
	nvlist_t *props = nv_new();

	plan_prop(props, tag, "src-host", b->src_host);
	plan_prop(props, tag, "src-fs", b->src_fs);
	plan_prop(props, tag, "dest-host", b->dst_host);
	plan_prop(props, tag, "dest-fs", b->dst_fs);
	if (d == NULL || d->savecount == 0)
		plan_prop_u64(props, tag, "savecount",
			      b->savecount != 0 ? b->savecount : SAVECOUNT_DEFAULT);
	plan_note_self(props, b->pair, d);
	identity_begin(props, b->pair, at, b->alone);
	if (d != NULL && d->split) /* of another copy; what this one is like, a sync finds out */
		plan_prop(props, tag, "large-blocks", NULL);
	if (b->recursive)
		plan_prop(props, tag, "recursive", "yes");
	begin_history(props, b, at);
	if (b->wanted != NULL && !nv_empty(b->wanted)) {
		char *text = props_print(b->wanted);
		plan_prop(props, tag, "props", text);
		free(text);
	}
	return props;
}

nvlist_t *setup_readonly(nvlist_t *props)
{
	if (props == NULL)
		props = nv_new();
	nv_add_str(props, "readonly", "on");
	return props;
}
