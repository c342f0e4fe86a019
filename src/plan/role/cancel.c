/* A change of roles that is taken back: what was marked, and made read-only, is as it was before. */
#include "plan/role/cancel.h"

#include <string.h>

#include "plan/plan.h"
#include "plan/role/history.h"
#include "plan/role/role_props.h"
#include "plan/tags.h"
#include "state/dataset.h"

/* A way back unmounts it with all that is below it, before it is known that it can be gone. */
static void mount_all(struct plan *out, enum pair_side at, const struct dataset *d)
{
	plan_add(out, STEP_MOUNT, PHASE_MOUNT, at, d->name);
	if (d->switch_state.kind == SWITCH_REVERTING)
		plan_mount_below(out, at, d);
}

nvlist_t *plan_unmark(const char *tag)
{
	nvlist_t *props = nv_new();

	plan_prop(props, tag, "switch", NULL);
	plan_prop(props, tag, "readonly", NULL);
	return props;
}

void plan_end_switch(struct plan *out, const struct pair *pair, const struct endpoint *me,
		     nvlist_t *props)
{
	struct step *last = plan_add(out, STEP_SET, PHASE_COMMIT, me->side, me->d->name);

	last->props = props;
	plan_expect(last, pair->tag, me->d, ROLE_MARKS);
}

/* Would the end of its change make it writable again? */
static bool is_to_be_writable(const struct dataset *d)
{
	return d->readonly_local && (d->readonly_was == NULL || strcmp(d->readonly_was, "on") != 0);
}

static void record_undone(const struct pair *pair, const struct endpoint *me, nvlist_t *props)
{
	struct history_entry e = plan_change(pair, HISTORY_UNDONE, me->side);

	if (me->d->switch_state.kind == SWITCH_DEMOTING)
		history_set_number(&e, HISTORY_EPOCH, me->d->switch_state.epoch);
	plan_record_alone(props, pair, me->side, &e);
}

void plan_undo_demote(const struct pair *pair, const struct endpoint *me, uint64_t epoch,
		      struct plan *out)
{
	const struct dataset *d = me->d;
	struct err *e = d->readonly ? tags_check(pair, me->side, DEED_WRITABLE) : NULL;

	/* Without its mark and its note it would be a master that is read-only for ever, and nobody would know. But two
	 * tags that wait for each other would never end: there the other one's end makes it writable. */
	if (e != NULL && switch_makes_way(&d->switch_state) && is_to_be_writable(d) &&
	    !tags_changing(d)) {
		plan_refuse(
		    out,
		    err_wrap(e, "%s on %s stays the master, and read-only until that has changed",
			     d->name, me->host_name));
		return;
	}
	nvlist_t *props = plan_unmark(pair->tag);
	strv_addf(&out->done, "%s on %s stays the master%s", d->name, me->host_name,
		  e != NULL ? ", and read-only"
		  : (d->readonly_was != NULL && strcmp(d->readonly_was, "on") == 0) ||
			  (d->readonly && !d->readonly_local)
		      ? ", read-only as it was"
		      : ", and is writable again");
	if (e != NULL)
		strv_add(&out->done, e->what);
	else
		plan_restore_readonly(out, pair, me->side);
	err_free(e);
	mount_all(out, me->side, d);
	plan_hook(out, pair, me->side, PHASE_PROMOTED, epoch, "master");
	if (epoch > d->epoch)
		plan_prop_u64(props, pair->tag, "epoch", epoch);
	record_undone(pair, me, props);
	plan_end_switch(out, pair, me, props);
}

void plan_rest_again(const struct pair *pair, const struct endpoint *me, uint64_t epoch,
		     struct plan *out)
{
	const struct dataset *d = me->d;

	if (d->switch_state.kind == SWITCH_RESTING)
		return;
	strv_addf(&out->done, "%s on %s rests, and stays read-only: nobody leads in its place",
		  d->name, me->host_name);
	if (d->switch_state.kind == SWITCH_REVERTING)
		mount_all(out, me->side, d);
	nvlist_t *props = nv_new();
	plan_prop(props, pair->tag, "switch", SWITCH_RESTING_TEXT);
	if (epoch > d->epoch)
		plan_prop_u64(props, pair->tag, "epoch", epoch);
	plan_end_switch(out, pair, me, props);
}

void plan_writable(const struct pair *pair, enum pair_side at, bool set, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;

	if (!d->readonly || !d->readonly_local || d->readonly_was != NULL)
		return;
	struct err *e = tags_check(pair, at, DEED_WRITABLE);
	if (e != NULL) { /* what another tag has made a replica of it, stays so */
		plan_refuse(out, err_wrap(e, "%s on %s stays the master, and read-only", d->name,
					  me->host_name));
		return;
	}
	struct step *s = plan_add(out, STEP_SET, PHASE_RECORD, at, d->name);
	s->props = plan_readonly_off(set);
	plan_expect(s, pair->tag, d, ROLE_MARKS);
	plan_add(out, STEP_MOUNT, PHASE_MOUNT, at, d->name);
	strv_addf(&out->done,
		  "%s on %s is writable again: somebody else had cancelled its demotion", d->name,
		  me->host_name);
}

void plan_cancel_switch(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;

	if (d == NULL || me->preserved != NULL)
		return;
	if (!switch_makes_way(&d->switch_state) && d->switch_state.kind != SWITCH_REVERTING)
		return;
	if (d->switch_state.kind == SWITCH_REVERTING && plan_revert_has_begun(d))
		return; /* forwards is the only way */
	if (switch_makes_way(&d->switch_state) || d->role == ROLE_MASTER) {
		if (pair->before == BEFORE_RESTING)
			plan_rest_again(pair, me, d->epoch, out);
		else
			plan_undo_demote(pair, me, d->epoch, out);
		return;
	}
	nvlist_t *props = nv_new();
	plan_prop(props, pair->tag, "switch", NULL);
	plan_end_switch(out, pair, me, props);
	strv_addf(&out->done, "%s on %s stays as it was", d->name, me->host_name);
}

bool plan_revert_has_begun(const struct dataset *d)
{
	const struct snap *to = dataset_snap_by_guid(d, d->switch_state.guid);

	/* Without the snapshot it is the clone that is to be promoted. */
	if (to == NULL || d->reset == d->switch_state.guid)
		return true;
	/* A rollback that could not be noted any more cannot be told from a few bytes that are to go. */
	return d->switch_state.preserve_as == NULL && dataset_newest(d) == to &&
	       (dataset_unchanged(d) || (d->readonly && d->written <= RESET_NOISE));
}
