#include "plan/follow.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/dataset.h"
#include "state/native.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/source.h"

/* --- what is not compared --- */

/* Chosen with -o or -x for the replica of a dataset: which of two ends that was, their roles do not say any more. */
static bool is_chosen_on(const struct dataset *d, const char *prop)
{
	return d->props != NULL && nvlist_exists(d->props, prop);
}

static bool is_chosen(const struct pair *p, const char *prop)
{
	return is_chosen_on(p->src.d, prop) || is_chosen_on(p->dst.d, prop);
}

static bool is_volume(const struct pair *p)
{
	return p->src.d->type == TYPE_VOLUME;
}

/* --- settings --- */

/* Do those that both ends are in stand to each other as they do? What comes from there follows there. */
static bool is_in_pair(const struct pair *p)
{
	const struct dataset *s = p->src.above, *d = p->dst.above;

	return s != NULL && d != NULL && s->role == ROLE_MASTER && d->role == ROLE_REPLICA &&
	       str_same(s->dest_fs, d->name) && s->settings != NULL && d->settings != NULL &&
	       !s->props_bad && !d->props_bad;
}

/* What the replica has when all that is above it has followed, if it has nothing of its own. */
static const char *to_inherit(const struct pair *p, const char *prop)
{
	const struct dataset *s = p->src.above, *d = p->dst.above;
	const char *value = NULL;

	if (is_in_pair(p) && !is_chosen_on(s, prop) && !is_chosen_on(d, prop))
		value = dataset_setting(s, prop, NULL);
	return value != NULL && native_copies(prop, value) ? value : NULL;
}

/* "on" may be more than what is above the replica allows: what it has of its own is taken back, and no more. */
static void compare_barred(const char *prop, const char *value, const char *there_from,
			   struct follow *out)
{
	if (source_is_own(there_from))
		nv_add_flag(out->set, prop);
	else
		nv_add_str(out->barred, prop, value);
}

static void compare(const struct pair *p, const char *prop, struct follow *out)
{
	const char *from, *there_from, *value = dataset_setting(p->src.d, prop, &from),
				       *there = dataset_setting(p->dst.d, prop, &there_from);
	const char *above = to_inherit(p, prop);

	/* With a mount option somebody has it otherwise for a while; what no one has chosen is each system's. */
	if (there == NULL || str_same(from, "temporary") || str_same(there_from, "temporary") ||
	    (str_same(from, "default") && str_same(there_from, "default")))
		return;
	if (!source_is_own(there_from) && above != NULL)
		there = above;
	if (strcmp(value, there) == 0)
		return;
	if (!native_copies(prop, value))
		compare_barred(prop, value, there_from, out);
	else if (source_is_own(from) || above == NULL || strcmp(value, above) != 0)
		nv_add_str(out->set, prop, value);
	else if (source_is_own(there_from))
		nv_add_flag(out->set, prop);
}

/* --- limits --- */

static const char *limit_of(const struct dataset *d, const char *prop)
{
	const char *value = dataset_setting(d, prop, NULL);

	return native_is_no_limit(value) ? NULL : value;
}

/* Its own one, where it is not to get that of its master: what it has now, or had before. */
static const char *own_limit(const struct dataset *d, const char *prop)
{
	const char *now = limit_of(d, prop);

	return now != NULL ? now : nv_str(d->limits, prop);
}

static void compare_limit(const struct pair *p, const char *prop, struct follow *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	bool own = s->quotas_own || is_chosen(p, prop);
	const char *value = own ? own_limit(d, prop) : limit_of(s, prop),
		   *there = limit_of(d, prop);

	if (value != NULL)
		nv_add_str(out->limits, prop, value);
	if (there != NULL)
		nv_add_str(out->lift, prop, there);
}

static bool is_noted(const struct dataset *d, const nvlist_t *limits)
{
	return d->limits != NULL ? props_same(limits, d->limits) : nv_empty(limits);
}

/* --- both --- */

static bool is_comparable(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	return s != NULL && d != NULL && s->role == ROLE_MASTER && d->role == ROLE_REPLICA &&
	       s->settings != NULL && d->settings != NULL && s->type == d->type && !s->props_bad &&
	       !d->props_bad;
}

bool follow_compare(const struct pair *pair, struct follow *out)
{
	*out = (struct follow){0};
	if (!is_comparable(pair))
		return false;
	*out = (struct follow){nv_new(), nv_new(), nv_new(), nv_new(), false};
	nv_each(pair->src.d->settings, p) {
		const char *prop = nvpair_name(p);
		if (native_is_limit(prop, is_volume(pair)))
			compare_limit(pair, prop, out);
		else if (!native_has(prop, NATIVE_LIMIT) && !is_chosen(pair, prop))
			compare(pair, prop, out);
	}
	out->note = !is_noted(pair->dst.d, out->limits);
	return true;
}

bool follow_lifts_quota(const struct follow *f)
{
	return nv_str(f->lift, "quota") != NULL || nv_str(f->lift, "refquota") != NULL;
}

void follow_free(struct follow *f)
{
	nv_free(f->set);
	nv_free(f->barred);
	nv_free(f->lift);
	nv_free(f->limits);
}

static void note(const struct pair *p, const struct follow *f, struct plan *out)
{
	char *set = props_print(f->set), *lift = props_print(f->lift);

	if (!nv_empty(f->set))
		strv_addf(&out->notes, "%s on %s gets the properties of %s on %s: %s",
			  p->dst.d->name, p->dst.host_name, p->src.d->name, p->src.host_name, set);
	if (!nv_empty(f->lift))
		strv_addf(&out->notes,
			  "%s on %s has no limit of its own as a replica, where it would stop a "
			  "sync: %s is lifted",
			  p->dst.d->name, p->dst.host_name, lift);
	free(set);
	free(lift);
}

static bool is_tried(const struct dataset *d, const nvlist_t *set)
{
	return d->followed != NULL && props_same(set, d->followed);
}

bool follow_has_failed(const struct pair *pair, const struct follow *f)
{
	const nvlist_t *tried = pair->dst.d->followed;

	nv_each(f->set, p) {
		const char *prop = nvpair_name(p), *value = nv_str(f->set, prop);
		if (value != NULL ? str_same(nv_str(tried, prop), value) : nv_flag(tried, prop))
			return true;
	}
	return false;
}

void follow_plan(const struct pair *pair, struct plan *out)
{
	struct follow f;

	if (!follow_compare(pair, &f))
		return;
	note(pair, &f, out);
	nvlist_t *props = nv_dup(f.set);
	nv_each(f.lift, p)
		nv_add_str(props, nvpair_name(p), "none");
	if (!nv_empty(f.set) && !is_tried(pair->dst.d, f.set)) {
		char *text = props_print(f.set);
		plan_prop(props, pair->tag, "followed", text);
		free(text);
	}
	if (f.note) {
		char *text = props_print(f.limits);
		plan_prop(props, pair->tag, "limits", nv_empty(f.limits) ? NULL : text);
		free(text);
	}
	if (!nv_empty(props))
		plan_add(out, STEP_SET, PHASE_CLEAR_AWAY, PAIR_DST, pair->dst.d->name)->props =
		    props;
	else
		nv_free(props);
	follow_free(&f);
}

nvlist_t *follow_first_limits(const struct dataset *src, const nvlist_t *wanted)
{
	nvlist_t *limits = nv_new();

	nv_each(src->native, p) {
		const char *prop = nvpair_name(p), *value = nv_str(src->native, prop);
		bool chosen = wanted != NULL && nvlist_exists((nvlist_t *)(uintptr_t)wanted, prop);
		if (!src->quotas_own && !chosen && !native_is_no_limit(value) &&
		    native_is_limit(prop, src->type == TYPE_VOLUME))
			nv_add_str(limits, prop, value);
	}
	return limits;
}

void follow_promote(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	nvlist_t *props = nv_new();

	nv_each(me->d->limits, p) {
		const char *prop = nvpair_name(p), *value = nv_str(me->d->limits, prop);
		if (value != NULL && native_is_limit(prop, me->d->type == TYPE_VOLUME))
			nv_add_str(props, prop, value);
	}
	if (nv_empty(props)) {
		nv_free(props);
		return;
	}
	char *text = props_print(props);
	strv_addf(&out->done, "%s on %s is to have the limits that were noted for it: %s",
		  me->d->name, me->host_name, text);
	free(text);
	plan_add(out, STEP_SET, PHASE_ADJUST, at, me->d->name)->props = props;
}

void follow_unnote(nvlist_t *props, const char *tag, const struct dataset *d)
{
	if (d->limits != NULL)
		plan_prop(props, tag, "limits", NULL);
	if (d->followed != NULL)
		plan_prop(props, tag, "followed", NULL);
}
