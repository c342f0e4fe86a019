/* Whether both sides of a pair are opened by one key, and what makes it so. */
#include "plan/keys.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "util/mem.h"

#define SALTED "passphrase:"

/* Where nothing is known nothing follows. */
static bool differ(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) != 0;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Does the text tell the same of all that one key opens? */
static bool is_salted(const char *wrapping)
{
	return wrapping != NULL && strncmp(wrapping, SALTED, strlen(SALTED)) == 0;
}

bool keys_differ(const struct pair *pair)
{
	return differ(pair->src.d->key_wrapping, pair->dst.d->key_wrapping);
}

bool keys_changed_there(const struct dataset *d)
{
	return d->role == ROLE_REPLICA && differ(d->key_sent, d->key_wrapping);
}

static bool same_key(const struct key_owner *a, const struct key_owner *b)
{
	return a->guid != 0 && a->guid == b->guid;
}

/* Has the destination a key that came later than that of the dataset whose key it uses? Both come with their own streams: one
 * that is only behind is brought there by its own. */
static bool is_ahead(const struct dataset *s, const struct dataset *d)
{
	return is_salted(d->key_wrapping) ? differ(d->key_wrapping, d->key_from.wrapping) &&
						!same(d->key_from.wrapping, s->key_wrapping)
					  : same(d->key_wrapping, s->key_wrapping) &&
						differ(d->key_from.wrapping, s->key_from.wrapping);
}

/* May the destination go on using the key of another dataset there? */
static enum key_place place_of_heir(const struct dataset *s, const struct dataset *d)
{
	const struct key_owner *from = &d->key_from;

	if (s->key_wrapping == NULL || d->key_wrapping == NULL || from->guid == 0)
		return KEY_ALIKE;
	if (same_key(from, &s->key_from))
		return is_ahead(s, d) ? KEY_FOREIGN : KEY_ALIKE;
	/* It is to be the other side's, and what is above it there has another key by now. */
	if (same_key(from, &s->key_above) &&
	    (differ(from->wrapping, s->key_above.wrapping) ||
	     (is_salted(s->key_wrapping) && differ(s->key_above.wrapping, s->key_wrapping))))
		return KEY_FOREIGN;
	if (is_salted(s->key_wrapping))
		return differ(from->wrapping, s->key_wrapping) ? KEY_FOREIGN : KEY_ALIKE;
	/* Nothing was changed since it was right, if it was: an older zrep may have brought what that key does not open. */
	return same(s->key_wrapping, d->key_wrapping) && !d->key_stale ? KEY_ALIKE : KEY_FOREIGN;
}

/* The same wrapped key can be opened by the key of what is above the destination. */
static bool opens_above(const struct dataset *s, const struct key_owner *above)
{
	return same_key(&s->key_from, above) &&
	       (is_salted(s->key_wrapping) ? same(above->wrapping, s->key_wrapping)
					   : same(above->wrapping, s->key_from.wrapping));
}

enum key_place keys_place(const struct pair *pair)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;

	if (!s->encrypted || !d->encrypted)
		return KEY_ALIKE;
	if (d->key_from.name != NULL)
		return place_of_heir(s, d);
	if (s->key_from.name == NULL)
		return KEY_ALIKE;
	return pair->dst.moves_keys && d->key_missing && opens_above(s, &d->key_above) ? KEY_JOINS
										       : KEY_APART;
}

static const char *root_of(const struct dataset *d)
{
	return d->key_root != NULL ? d->key_root : d->name;
}

/* Whose key it uses, its own too. Nothing is the caller's. */
static struct key_owner owner_of(const struct dataset *d)
{
	if (d->key_from.name != NULL)
		return d->key_from;
	return (struct key_owner){
	    .name = d->name, .guid = d->key_guid, .wrapping = d->key_wrapping};
}

bool keys_join_new(const struct pair *pair, const struct dataset *parent,
		   const struct dataset *arriving, bool key_comes)
{
	const struct dataset *s = pair->src.d;

	/* A clone has its key in one place with its origin. */
	if (!s->encrypted || !pair->dst.moves_keys || strcmp(root_of(s), s->name) == 0 ||
	    s->origin != NULL)
		return false;
	/* What it lies in is given the same key before it, or has brought it. */
	if (arriving != NULL && (!arriving->encrypted || arriving->origin != NULL ||
				 strcmp(root_of(arriving), root_of(s)) != 0))
		return false;
	if (arriving != NULL && key_comes)
		return true;
	struct key_owner above =
	    parent != NULL && parent->encrypted ? owner_of(parent) : (struct key_owner){0};
	return above.name != NULL && s->key_from.name != NULL && opens_above(s, &above);
}

/* --- can it be read? --- */

static struct err *load_anew(struct err *e, const struct dataset *d, const char *host)
{
	return err_remedy(
	    e,
	    "on %s: {zfs unload-key %s}, then {zfs load-key %s} (what uses that key must "
	    "not be mounted meanwhile: {zfs unmount})",
	    host, root_of(d), root_of(d));
}

bool keys_is_lost(const struct dataset *d)
{
	if (d->key_from.name == NULL)
		return false;
	return is_salted(d->key_wrapping) ? differ(d->key_wrapping, d->key_from.wrapping)
					  : d->key_stale && d->key_from.opens;
}

/* Whoever can give it one of its own. */
static struct err *lost(const struct dataset *d, const char *host)
{
	const struct key_owner *from = &d->key_from;
	struct err *e =
	    err_refuse(REASON_NO_KEY,
		       "%s on %s uses the key of %s, which does not open it: what is stored of "
		       "its key came from %s, or %s was given another key",
		       d->name, host, from->name,
		       d->role == ROLE_MASTER ? "its former master" : "its master", from->name);
	const char *there = d->src_host != NULL ? d->src_host : "its master's host";

	if (d->role == ROLE_MASTER)
		return err_remedy(
		    e,
		    "on %s: {zrep doctor --fix %s} gives it one of its own, which that key opens",
		    host, d->name);
	if (!is_salted(d->key_wrapping))
		return err_remedy(e,
				  "on %s: {zrep sync all} gives it a key of its own again, or %s "
				  "that of its master",
				  there, from->name);
	return err_remedy(
	    e, "on %s: {zrep sync %s} gives it a key of its own again, that of its master", there,
	    d->src_fs != NULL ? d->src_fs : d->name);
}

struct err *keys_check_one(const struct dataset *d, const char *host)
{
	if (!d->encrypted)
		return NULL;
	if (keys_is_lost(d))
		return lost(d, host);
	if (d->key_missing)
		return err_remedy(
		    err_refuse(REASON_NO_KEY,
			       "the key of %s on %s is not loaded: it could not be written to as "
			       "the master",
			       d->name, host),
		    "on %s: {zfs load-key %s}", host, root_of(d));
	if (d->key_stale)
		return load_anew(
		    err_refuse(REASON_NO_KEY,
			       "the key that is loaded for %s on %s does not open it: the key was "
			       "changed after it was loaded",
			       d->name, host),
		    d, host);
	return NULL;
}

struct err *keys_check_new(const struct pair *p, const char *top)
{
	const struct dataset *s = p->src.d;

	if (!s->encrypted || strcmp(root_of(s), s->name) != 0)
		return NULL;
	return err_remedy(
	    err_refuse(REASON_NO_KEY,
		       "%s on %s has a key of its own, and its copy on %s, which the next "
		       "sync makes, could not be written to before that is loaded there",
		       s->name, p->src.host_name, p->dst.host_name),
	    "on %s: {zrep sync %s}; then on %s: {zfs load-key %s}", p->src.host_name, top,
	    p->dst.host_name, p->dst.name);
}

static struct err *foreign(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e = err_refuse(
	    REASON_NO_KEY,
	    "%s on %s uses the key of %s there, which cannot open what a sync brings from %s on %s",
	    d->name, p->dst.host_name, d->key_from.name, s->name, p->src.host_name);

	if (!p->dst.moves_keys)
		return err_remedy(e,
				  "upgrade zrep on %s, then on %s, {zrep sync %s} gives it a key "
				  "of its own again",
				  p->dst.host_name, p->src.host_name, s->name);
	return err_remedy(
	    e,
	    "on %s: {zrep sync %s}, which gives it a key of its own again, that of %s; "
	    "then on %s: {zfs load-key %s}",
	    p->src.host_name, s->name, s->name, p->dst.host_name, d->name);
}

/* It came with the last sync, as one that was made below does, and the next one lets it inherit what is loaded. */
static bool is_about_to_join(const struct pair *p)
{
	return p->src.d != NULL && p->src.d->master && keys_place(p) == KEY_JOINS &&
	       p->dst.d->key_above.opens && !keys_differ(p);
}

struct err *keys_check_master(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s != NULL && keys_place(p) == KEY_FOREIGN)
		return foreign(p);
	struct err *e = is_about_to_join(p) ? NULL : keys_check_one(d, p->dst.host_name);
	/* What is loaded there opens what is there now, and not what the last sync brings. */
	if (e == NULL && s != NULL && s->master && keys_differ(p))
		e = err_remedy(
		    err_refuse(REASON_NO_KEY,
			       "the keys of %s on %s and %s on %s are not the same any more: with "
			       "the next sync the one that is loaded on %s opens it no longer",
			       s->name, p->src.host_name, d->name, p->dst.host_name,
			       p->dst.host_name),
		    "on %s: {zrep sync %s}; then on %s: {zfs unload-key %s}, {zfs load-key %s}",
		    p->src.host_name, s->name, p->dst.host_name, root_of(d), root_of(d));
	return e;
}

/* --- in a sync --- */

bool keys_are_brought(const struct pair *p)
{
	return keys_place(p) != KEY_FOREIGN && !keys_differ(p);
}

void keys_before(const struct pair *p, struct plan *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (keys_place(p) == KEY_FOREIGN) {
		strv_addf(&out->notes,
			  "%s on %s used the key of %s there, which cannot open what comes from %s "
			  "on %s: it gets a key of its own again, that of %s",
			  d->name, p->dst.host_name, d->key_from.name, s->name, p->src.host_name,
			  s->name);
		plan_add(out, STEP_KEY_OWN, PHASE_CLEAR_AWAY, PAIR_DST, d->name);
	} else if (keys_differ(p) && keys_changed_there(d)) {
		strv_addf(&out->notes,
			  "the key of %s on %s was changed there: it gets that of %s on %s again",
			  d->name, p->dst.host_name, s->name, p->src.host_name);
	}
}

void keys_after(const struct pair *p, bool sent, struct plan *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s->key_wrapping == NULL || (!sent && !same(s->key_wrapping, d->key_wrapping)))
		return;
	if (keys_place(p) == KEY_JOINS)
		plan_add(out, STEP_KEY_INHERIT, PHASE_ADJUST, PAIR_DST, d->name);
	if (same(d->key_sent, s->key_wrapping))
		return;
	nvlist_t *props = nv_new();
	plan_prop(props, p->tag, "key", s->key_wrapping);
	plan_add(out, STEP_SET, PHASE_RECORD, PAIR_DST, d->name)->props = props;
}
