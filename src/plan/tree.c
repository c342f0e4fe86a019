/* A recursive pair: which datasets belong to it, and what has become of those that have been renamed or destroyed on
 * the source. Nothing of the replica is ever destroyed for that: what has no source any more is put aside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "util/mem.h"

#define IS_ANOTHER "is another dataset now"

void children_free(struct children *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->items[i].dst_name);
	free(c->items);
	*c = (struct children){0};
}

static const struct dataset *find(const struct dataset *const *all, size_t n, const char *name)
{
	for (size_t lo = 0, hi = n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, all[mid]->name);
		if (c == 0)
			return all[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static const struct dataset *find_src(const struct tree *t, const char *name)
{
	return find(t->src, t->n_src, name);
}

static const struct dataset *find_dst(const struct tree *t, const char *name)
{
	return find(t->dst, t->n_dst, name);
}

/* Where a dataset below the source is to be. */
static char *place_of(const struct tree *t, const char *name)
{
	const char *top = t->top->dst != NULL ? t->top->dst->name : t->top->dst_name;

	return str_fmt("%s%s", top, name + strlen(t->top->src->name));
}

static bool is_below(const char *name, const char *top)
{
	return name_within(name, top) && strcmp(name, top) != 0;
}

/* It, or something that it is in, was taken out of the tree. */
static bool is_excluded(const struct tree *t, const struct dataset *d)
{
	for (size_t i = 0; i < t->n_src; i++)
		if (t->src[i]->excluded && name_within(d->name, t->src[i]->name))
			return true;
	return false;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Its properties are those of the pair that it was under another name of the tree. */
static bool is_moved(const struct tree *t, const struct dataset *d)
{
	return t->top->dst != NULL && d->role == ROLE_BROKEN && d->master && d->src_fs != NULL &&
	       d->dest_fs != NULL && is_below(d->src_fs, t->top->src->name) &&
	       is_below(d->dest_fs, t->top->dst->name) &&
	       same(d->src_host, t->top->src->src_host) && find_src(t, d->src_fs) == NULL;
}

static bool has_moved(const struct tree *t, const char *src_fs)
{
	for (size_t i = 0; i < t->n_src; i++)
		if (is_moved(t, t->src[i]) && same(t->src[i]->src_fs, src_fs))
			return true;
	return false;
}

/* A replica of what is below this source, or was. */
static bool is_ours(const struct tree *t, const struct dataset *d)
{
	return d->src_fs != NULL && d->dest_fs != NULL && !d->master &&
	       d->change.kind == CHANGE_NONE && is_below(d->src_fs, t->top->src->name) &&
	       same(d->src_host, t->top->dst->src_host) && !has_moved(t, d->src_fs);
}

/* It, or something that it is in, was put aside by a run that died before it could forget it: but for that, it is
 * called as its pair says. */
static bool is_aside(const struct dataset *d)
{
	bool aside = false;

	for (size_t n = 1; d->name[n - 1] != '\0' && !aside; n++) {
		if (d->name[n] != '/' && d->name[n] != '\0')
			continue;
		char *part = str_fmt("%.*s", (int)n, d->name), *before = change_name_before(part);
		char *name = before != NULL ? str_fmt("%s%s", before, d->name + n) : NULL;
		aside = same(name, d->dest_fs);
		free(part);
		free(before);
		free(name);
	}
	return aside;
}

/* A replica of this pair's whose source is not there any more, or is another dataset by now. */
static bool is_gone(const struct tree *t, const struct dataset *d)
{
	return is_ours(t, d) && (find_src(t, d->src_fs) == NULL || is_aside(d));
}

/* The destination has something under its name that it does not begin from: its source was destroyed, and another
 * dataset made under that name. */
static bool is_replaced(const struct dataset *src, const struct dataset *dst)
{
	return dst != NULL && dst->role == ROLE_REPLICA && dst->n_snaps > 0 &&
	       same(dst->src_fs, src->name) && dataset_base(src, dst) == NULL;
}

static void set_pair(struct plan *p, const struct pair *top, enum step_kind kind, enum where at,
		     const char *name, const char *src_fs, const char *dest_fs)
{
	nvlist_t *props = nv_new();

	plan_prop(props, top->tag, "src-fs", src_fs);
	plan_prop(props, top->tag, "dest-fs", dest_fs);
	plan_add(p, kind, at, name)->props = props;
}

/* Renamed there as it was here. It takes what is below it along on both sides. */
static void move(const struct tree *t, const struct dataset *src, struct plan *out)
{
	char *place = place_of(t, src->name);
	const struct dataset *old = find_dst(t, src->dest_fs), *now = find_dst(t, place);
	const char *slash = strrchr(place, '/');
	char *parent = str_fmt("%.*s", (int)(slash - place), place);
	bool ready = strcmp(parent, t->top->dst->name) == 0 || find_dst(t, parent) != NULL;

	if (now == NULL && old != NULL && ready && same(old->src_fs, src->src_fs)) {
		plan_add(out, STEP_UNMOUNT, AT_DST, old->name);
		plan_add(out, STEP_RENAME, AT_DST, old->name)->to = mem_strdup(place);
		strv_addf(&out->notes, "%s was renamed to %s on %s: so is %s on %s", src->src_fs,
			  src->name, t->top->src_host, old->name, t->top->dst_host);
		now = old;
	}
	if (now != NULL && dataset_base(src, now) != NULL) {
		set_pair(out, t->top, STEP_SET, AT_DST, place, src->name, place);
		set_pair(out, t->top, STEP_SET_LAST, AT_SRC, src->name, src->name, place);
	}
	free(parent);
	free(place);
}

/* Puts a replica aside, without its properties: it is nobody's then. `to` is its name by then, perhaps because what
 * it is in is put aside. */
static void forget(const struct tree *t, const struct dataset *d, const char *to, struct plan *out)
{
	nvlist_t *props = nv_new();

	nv_each(d->own, p)
		nv_add_flag(props, nvpair_name(p));
	plan_prop(props, t->top->tag, "exclude", "yes"); /* it stays here when the role has moved */
	plan_add(out, STEP_SET, AT_DST, to)->props = props;
	if (d->type == TYPE_FILESYSTEM) {
		nvlist_t *mount = nv_new();
		nv_add_str(mount, "canmount", "noauto");
		plan_add(out, STEP_SET_MORE, AT_DST, to)->props = mount;
	}
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (!d->snaps[i].held)
			continue;
		char *name = str_fmt("%s@%s", d->name, d->snaps[i].name);
		plan_add(out, STEP_RELEASE_FIRST, AT_DST, name);
		free(name);
	}
	if (d->token != NULL)
		plan_add(out, STEP_ABORT, AT_DST, d->name);
}

static void put_aside(const struct tree *t, const struct dataset *d, const char *why,
		      struct plan *out)
{
	bool done = is_aside(d);
	char *kept = done ? mem_strdup(d->name) : plan_kept_name(d->name, t->top->now);
	size_t n = strlen(d->name);

	if (!done) {
		plan_add(out, STEP_UNMOUNT, AT_DST, d->name);
		plan_add(out, STEP_RENAME, AT_DST, d->name)->to = mem_strdup(kept);
	}
	forget(t, d, kept, out);
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *k = t->dst[i];
		if (!is_below(k->name, d->name) || !is_ours(t, k))
			continue;
		char *to = str_fmt("%s%s", kept, k->name + n);
		forget(t, k, to, out);
		free(to);
	}
	strv_addf(&out->notes, "%s %s: what %s had of it is kept there as %s", d->src_fs, why,
		  t->top->dst_host, kept);
	free(kept);
}

static bool in_gone(const struct tree *t, const struct dataset *d)
{
	for (size_t i = 0; i < t->n_dst; i++)
		if (is_below(d->name, t->dst[i]->name) && is_gone(t, t->dst[i]))
			return true;
	return false;
}

/* First what was renamed: what it leaves behind may be what is put aside then. */
static void tidy(const struct tree *t, struct plan *out)
{
	for (size_t i = 0; i < t->n_src; i++)
		if (is_moved(t, t->src[i]) && !is_excluded(t, t->src[i]))
			move(t, t->src[i], out);
	for (size_t i = 0; i < t->n_dst && out->n == 0; i++)
		if (is_gone(t, t->dst[i]) && !in_gone(t, t->dst[i]))
			put_aside(t, t->dst[i],
				  find_src(t, t->dst[i]->src_fs) ? IS_ANOTHER : "is gone", out);
	for (size_t i = 0; i < t->n_src && out->n == 0; i++) {
		char *place = place_of(t, t->src[i]->name);
		const struct dataset *there = find_dst(t, place);
		if (t->src[i]->role == ROLE_NONE && !is_excluded(t, t->src[i]) &&
		    is_replaced(t->src[i], there))
			put_aside(t, there, IS_ANOTHER, out);
		free(place);
	}
	out->again = out->n > 0;
}

/* False: it takes no part, and why is a note. */
static bool takes_part(const struct tree *t, const struct dataset *d, const char *place,
		       struct plan *out)
{
	const struct pair *p = t->top;

	if (is_excluded(t, d))
		return false;
	if (is_moved(t, d)) {
		const struct dataset *there = find_dst(t, place);
		strv_addf(&out->notes, "%s was renamed to %s on %s: %s%s%s on %s", d->src_fs,
			  d->name, p->src_host,
			  there ? "that cannot be done there, because of another dataset, "
				: "it is left out until what it is in has arrived as ",
			  place, there ? "," : "", p->dst_host);
		return false;
	}
	if (d->role == ROLE_REPLICA || (d->role == ROLE_MASTER && !same(d->dest_fs, place))) {
		strv_addf(&out->notes, "%s on %s is left out of %s: it is %s %s on %s", d->name,
			  p->src_host, p->src->name,
			  d->role == ROLE_REPLICA ? "a replica of" : "replicated to",
			  d->role == ROLE_REPLICA ? d->src_fs : d->dest_fs,
			  d->role == ROLE_REPLICA ? d->src_host : d->dest_host);
		return false;
	}
	return true;
}

void plan_tree(const struct tree *t, struct children *children, struct plan *out)
{
	*children = (struct children){0};
	tidy(t, out);
	if (out->again)
		return;
	for (size_t i = 0; i < t->n_src; i++) {
		const struct dataset *d = t->src[i];
		char *place = place_of(t, d->name);
		if (!takes_part(t, d, place, out)) {
			free(place);
			continue;
		}
		children->items = mem_array(children->items, children->n + 1, sizeof(struct child));
		children->items[children->n++] = (struct child){
		    .src = d, .dst_name = place, .fresh = d->role != ROLE_MASTER && !d->master};
	}
}

void plan_recursive(const struct pair *pair, struct plan *out)
{
	for (enum where at = AT_SRC; at <= AT_DST; at++) {
		const struct dataset *d = plan_end(pair, at).d;
		if (d->recursive)
			continue;
		nvlist_t *props = nv_new();
		plan_prop(props, pair->tag, "recursive", "yes");
		plan_add(out, STEP_SET, at, d->name)->props = props;
	}
}
