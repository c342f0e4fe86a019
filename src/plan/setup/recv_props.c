/* Which properties a replica gets: the source's that belong to the data, and what was chosen for it with -o
 * and -x. */
#include "plan/setup/recv_props.h"

#include <stdlib.h>
#include <string.h>

#include "plan/setup/init_opts.h"
#include "plan/setup/pair_props.h"
#include "state/dataset.h"
#include "state/native.h"
#include "state/props.h"
#include "util/mem.h"

bool plan_init_copies(const char *prop)
{
	return native_has(prop, NATIVE_DATA);
}

/* With the settings, -o is for filesystems and volumes alike; ZFS would refuse what does not fit. */
static bool fits_type(const char *prop, enum dataset_type type)
{
	return type == TYPE_FILESYSTEM || !native_has(prop, NATIVE_FILESYSTEM);
}

/* Why that property cannot be chosen for a replica; NULL: it can, as far as we know. ZFS has the last word. */
static const char *why_not(const char *prop, const char *value, const char *tag)
{
	if (strcmp(prop, "readonly") == 0)
		return value != NULL && strcmp(value, "on") == 0 ? NULL
								 : "a replica is always read-only";
	if (native_has(prop, NATIVE_CIPHER))
		return "a replica has the encryption and the key of its source";
	if (native_has(prop, NATIVE_BORN))
		return "it comes with the data";
	if (strncmp(prop, tag, strlen(tag)) == 0 && prop[strlen(tag)] == ':')
		return "it is zrep's own";
	return NULL;
}

struct err *recv_props_check(const struct pair_setup *b, const nvlist_t *wanted)
{
	nv_each(wanted, p) {
		const char *value = nv_str(wanted, nvpair_name(p));
		const char *why = why_not(nvpair_name(p), value, b->pair->tag);
		if (why != NULL)
			return err_remedy(
			    err_refuse(REASON_SETTING, "%s on %s: %s cannot be chosen for it: %s",
				       b->dst_fs, b->pair->dst.host_name, nvpair_name(p), why),
			    "leave out %s %s (see also ZREP_CREATE_FLAGS, and "
			    "`{zrep list -v}`)",
			    value != NULL ? "-o" : "-x", nvpair_name(p));
	}
	char *text = props_print(wanted);
	bool fits = strlen(text) <= PROPS_TEXT_MAX;
	free(text);
	return fits ? NULL
		    : err_remedy(
			  err_refuse(REASON_SETTING,
				     "%s on %s: its -o and -x together are too long to be stored",
				     b->dst_fs, b->pair->dst.host_name),
			  "set some of them on %s itself", b->pair->dst.host_name);
}

/* What was chosen when the pair was first made: stored on the source or, where that was cleared, on the replica. Of what
 * comes with a tree, unseen, it does not count: whoever may make a dataset there could choose a mountpoint on the other
 * host by it. */
static struct err *remembered(const struct pair_setup *b, const nvlist_t **out)
{
	const struct dataset *s = b->pair->src.d, *d = b->pair->dst.d;
	bool there = d != NULL && setup_is_ours(b) && s->props == NULL;
	const struct dataset *bad = s->props_bad ? s : there && d->props_bad ? d : NULL;

	*out = NULL;
	if (b->child)
		return NULL;
	*out = s->props != NULL ? s->props : there ? d->props : NULL;
	if (bad == NULL)
		return NULL;
	return err_remedy(err_refuse(REASON_SETTING, "%s:props of %s on %s cannot be read",
				     b->pair->tag, bad->name,
				     bad == s ? b->pair->src.host_name : b->pair->dst.host_name),
			  "say what is wanted with -o and -x, after: {zfs inherit %s:props %s}",
			  b->pair->tag, bad->name);
}

/* What was chosen for the root of a tree, but for what is of one dataset alone: the others are mounted below it, and
 * are within its quota. */
void recv_props_add_root(nvlist_t *wanted, const nvlist_t *root)
{
	props_merge(wanted, root);
	nv_each(root, p)
		if (native_has(nvpair_name(p), NATIVE_ALONE) &&
		    nv_str(wanted, nvpair_name(p)) != NULL)
			nv_remove(wanted, nvpair_name(p));
}

struct err *recv_props_gather(const struct pair_setup *b, const struct init_opts *o, nvlist_t **out)
{
	const nvlist_t *before;

	*out = nv_new();
	struct err *e = remembered(b, &before);
	if (e != NULL)
		return e;
	recv_props_add_root(*out, o->root_props);
	props_merge(*out, before);
	if (!b->child) /* it has what is chosen for the root, which that is */
		props_merge(*out, o->wanted);
	if ((e = recv_props_check(b, *out)) != NULL)
		return e;
	nv_remove(*out, "readonly");
	return NULL;
}

void recv_props_note(const struct pair_setup *b)
{
	const nvlist_t *before;
	struct err *e = remembered(b, &before);

	if (e == NULL && !nv_empty(before)) {
		char *text = props_print(before);
		strv_addf(&b->out->notes,
			  "%s on %s gets the properties that were chosen for it before: %s",
			  b->dst_fs, b->pair->dst.host_name, text);
		free(text);
	}
	err_free(e);
}

nvlist_t *recv_props_for_existing(const struct pair *p, const nvlist_t *wanted)
{
	nvlist_t *props = nv_new();

	nv_each(wanted, w)
		if (nv_str(wanted, nvpair_name(w)) != NULL &&
		    fits_type(nvpair_name(w), p->src.d->type))
			nv_add_str(props, nvpair_name(w), nv_str(wanted, nvpair_name(w)));
	if (!nv_empty(props))
		return props;
	nv_free(props);
	return NULL;
}

/* Does the ZFS of what receives it know that property? Else it would refuse the whole stream because of it. */
static bool is_known(const struct pair *p, const char *prop)
{
	return p->dst.unknown == NULL || !strv_has(p->dst.unknown, prop);
}

/* What comes to the source from above, or is its system's default, where the replica would have it otherwise. Of a tree
 * only the root needs that. */
static void add_inherited(const struct pair *p, const struct dataset *parent,
			  const nvlist_t *wanted, nvlist_t *props)
{
	const struct dataset *s = p->src.d;

	nv_each(s->settings, n) {
		const char *prop = nvpair_name(n), *from, *from_there = NULL,
			   *value = dataset_setting(s, prop, &from),
			   *there =
			       parent != NULL ? dataset_setting(parent, prop, &from_there) : NULL;
		bool same = there != NULL ? strcmp(value, there) == 0 : str_same(from, "default");
		bool plain = str_same(from, "default") && str_same(from_there, "default");
		if (!same && !plain && !str_same(from, "temporary") &&
		    nv_str(props, prop) == NULL && native_copies(prop, value) &&
		    !native_has(prop, NATIVE_LIMIT) && fits_type(prop, s->type) &&
		    !nv_flag(wanted, prop) && is_known(p, prop))
			nv_add_str(props, prop, value);
	}
}

/* Is it of those that are set on the source, and that a new replica takes over? */
static bool is_taken_over(const struct pair *p, const char *prop, const nvlist_t *wanted)
{
	const struct dataset *s = p->src.d;

	return native_copies(prop, nv_str(s->native, prop)) &&
	       !native_is_limit(prop, s->type == TYPE_VOLUME) && !nv_flag(wanted, prop);
}

void recv_props_note_unknown(const struct pair *p, const nvlist_t *wanted, struct strv *notes)
{
	struct buf lacking = {0};

	nv_each(p->src.d->native, n) {
		const char *prop = nvpair_name(n);
		if (is_taken_over(p, prop, wanted) && !is_known(p, prop))
			buf_addf(&lacking, "%s%s=%s", lacking.len > 0 ? "," : "", prop,
				 nv_str(p->src.d->native, prop));
	}
	if (lacking.len > 0)
		strv_addf(notes, "%s on %s does without %s: the ZFS there does not know that",
			  p->dst.name, p->dst.host_name, buf_str(&lacking));
	buf_free(&lacking);
}

nvlist_t *recv_props_for_new(const struct pair *p, const struct dataset *parent, bool child,
			     const nvlist_t *wanted)
{
	const nvlist_t *native = p->src.d->native;
	nvlist_t *props = nv_new(), *set = recv_props_for_existing(p, wanted);

	nv_each(native, n)
		if (is_taken_over(p, nvpair_name(n), wanted) && is_known(p, nvpair_name(n)))
			nv_add_str(props, nvpair_name(n), nv_str(native, nvpair_name(n)));
	if (!child)
		add_inherited(p, parent, wanted, props);
	props_merge(props, set);
	nv_add_str(props, "readonly", "on");
	nv_free(set);
	return props;
}
