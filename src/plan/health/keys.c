#include "plan/health/keys.h"

#include "plan/health/finding.h"
#include "plan/keys.h"
#include "util/mem.h"
#include "util/remedy.h"

static void tell_changed_there(const struct dataset *d, const char *host, struct health *out)
{
	health_add_text(
	    out, CHECK_WARNING,
	    str_fmt("the key of %s on %s was changed there: until the next sync, which brings that "
		    "of its master %s on %s again, only the one that was set there opens it",
		    d->name, host, d->src_fs, d->src_host),
	    remedy_fmt(
		"on %s: {zrep sync %s}; a key is changed on the master ({zfs change-key}), and the "
		"next sync brings it over",
		d->src_host, d->src_fs));
}

void health_keys_one(const struct dataset *d, const char *host, struct health *out)
{
	struct err *e;

	if (d->switch_state.kind != SWITCH_NONE ||
	    (d->role != ROLE_REPLICA && !(d->role == ROLE_MASTER && keys_is_lost(d))))
		return;
	if ((e = keys_check_one(d, host)) != NULL)
		health_add(out, CHECK_CRITICAL, e);
	err_free(e);
	if (keys_changed_there(d))
		tell_changed_there(d, host, out);
}

/* The two use keys of datasets that do not stand for each other. */
static void tell_place(const struct pair *p, struct health *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	enum key_place place = keys_place(p);

	if (place == KEY_JOINS)
		health_add_text(
		    out, CHECK_WARNING,
		    remedy_fmt(
			"%s on %s has a key of its own, and %s on %s that of %s: the next sync "
			"lets it inherit the key of %s, and before that it could not be "
			"written to as the master without its key being loaded",
			d->name, p->dst.host_name, s->name, p->src.host_name, s->key_from.name,
			d->key_above.name),
		    /* Alone, it would not be seen what is above it. */
		    remedy_fmt(
			"on %s: {zrep sync all}, as root, or with {zfs allow} change-key on %s",
			p->src.host_name, p->dst.host_name));
	if (place == KEY_APART)
		health_add_text(
		    out, CHECK_OK,
		    remedy_fmt(
			"%s on %s has a key of its own, and %s on %s that of %s: as the master it "
			"has to be loaded by itself ({zfs load-key %s}), and changed by itself",
			d->name, p->dst.host_name, s->name, p->src.host_name, s->key_from.name,
			d->name),
		    d->key_missing || d->key_above.guid == 0 ||
			    d->key_above.guid != s->key_from.guid
			? NULL
			: remedy_fmt(
			      "to have it inherit that of %s: on %s, {zfs unload-key %s} (it must "
			      "not be mounted meanwhile); the next sync does the rest",
			      d->key_above.name, p->dst.host_name, d->name));
}

void health_keys(const struct pair *p, struct health *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (!s->encrypted || !d->encrypted)
		return;
	if (keys_differ(p) && keys_changed_there(d))
		tell_changed_there(d, p->dst.host_name, out);
	else if (keys_differ(p))
		health_add_text(
		    out, CHECK_WARNING,
		    d->key_sent != NULL
			? str_fmt("the key of %s on %s was changed after the last sync: until the "
				  "next one, the former key opens %s on %s",
				  s->name, p->src.host_name, d->name, p->dst.host_name)
			: str_fmt("the key of %s on %s or that of %s on %s was changed: until the "
				  "next sync, the two are not opened by one key",
				  s->name, p->src.host_name, d->name, p->dst.host_name),
		    remedy_fmt("on %s: {zrep sync %s}", p->src.host_name, s->name));
	tell_place(p, out);
}
