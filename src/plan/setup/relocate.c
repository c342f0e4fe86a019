/* changeconfig: where the pair is, stored anew on one side. */
#include "plan/setup/relocate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/tags.h"

static bool same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* The four texts that say where a pair is. */
struct places {
	const char *src_host, *src_fs, *dest_host, *dest_fs;
};

/* How this side's host is stored already, perhaps with a user, or as it calls itself. */
static const char *own_name(const char *stored, const char *self)
{
	return stored != NULL && name_names_host(stored, self) ? stored : self;
}

static struct places places_of(const struct pair *p, const struct relocate_opts *o)
{
	const struct dataset *d = p->src.d;

	if (o->replica)
		return (struct places){o->host, o->fs, own_name(d->dest_host, p->src.self),
				       d->name};
	return (struct places){own_name(d->src_host, p->src.self), d->name, o->host, o->fs};
}

static struct err *check_places(const struct pair *p, const struct relocate_opts *o)
{
	const char *name = p->src.d->name;

	if (o->same_host && strcmp(name, o->fs) == 0)
		return err_remedy(err_refuse(REASON_BROKEN_PAIR,
					     "%s on %s cannot be both sides of its own pair", name,
					     p->src.host_name),
				  "name the other side's host, or another dataset");
	if (o->same_host && (name_within(name, o->fs) || name_within(o->fs, name)))
		return err_remedy(
		    err_refuse(REASON_MISFIT,
			       "%s and %s are both on %s, and one is a part of the other", name,
			       o->fs, p->src.host_name),
		    "name a dataset beside it, or on another host");
	if (!plan_name_fits(name, p->tag) || !plan_name_fits(o->fs, p->tag))
		return err_remedy(
		    err_refuse(REASON_SETTING,
			       "%.300s leaves no room for \"@%s_000000\": ZFS allows %d bytes",
			       plan_name_fits(name, p->tag) ? o->fs : name, p->tag,
			       NAME_DATASET_MAX),
		    "choose a shorter dataset name");
	return NULL;
}

/* Has it a role already that this only gives another place? A name that is not its own any more is no
 * hindrance: that is what this is for. */
static bool has_role(const struct dataset *d, bool replica)
{
	if (d->role == ROLE_NONE)
		return false;
	if (replica)
		return !d->master;
	return d->master;
}

const struct dataset *relocate_rival(const struct dataset *all, size_t n, const struct dataset *d,
				     const char *host, const char *fs)
{
	/* One whose own name does not fit was moved or copied, and is no master of anything. */
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, d->name) != 0 && all[i].role == ROLE_MASTER &&
		    all[i].master && same(all[i].dest_fs, fs) && all[i].dest_host != NULL &&
		    name_same_host(name_host_part(all[i].dest_host), name_host_part(host)))
			return &all[i];
	return NULL;
}

static struct err *check_rival(const struct pair *p, const struct relocate_opts *o)
{
	const char *name = p->src.d->name, *host = p->src.host_name;

	if (o->rival == NULL || o->replica)
		return NULL;
	return err_remedy(
	    err_refuse(REASON_NOT_REPLICA, "%s on %s is the replica of %s on %s", o->fs, o->host,
		       o->rival->name, host),
	    "name the one of %s, whatever it is called now; on %s, see `{zfs list}`; what was put "
	    "aside there by a sync is called like the dataset and _kept_ with the time. Only if %s "
	    "is "
	    "to have no replica any more: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS,
	    name, name_host_part(o->host), o->rival->name, host, o->rival->name);
}

static struct err *check_role(const struct pair *p, const struct relocate_opts *o)
{
	const struct dataset *d = p->src.d;

	if (d->switch_state.kind != SWITCH_NONE)
		return plan_switching(p->tag, d, p->src.host_name);
	if (o->replica && d->master)
		return err_remedy(
		    err_refuse(REASON_NOT_REPLICA, "%s on %s is a master, and no destination",
			       d->name, p->src.host_name),
		    "leave -d out; if its role is to move: {zrep failover %s}", d->name);
	if (!o->replica && d->role == ROLE_REPLICA)
		return err_remedy(
		    err_refuse(REASON_NOT_MASTER, "%s on %s is a replica, and no source", d->name,
			       p->src.host_name),
		    "say -d, with its source; if its role is to move: {zrep takeover %s}", d->name);
	if (!has_role(d, o->replica) && !o->force)
		return err_remedy(err_refuse(REASON_NO_PAIR, "%s on %s is no %s of zrep's (tag %s)",
					     d->name, p->src.host_name,
					     o->replica ? "replica" : "master", p->tag),
				  "-f stores it all the same; `{zrep init}` sets a new pair up");
	if (has_role(d, o->replica))
		return NULL;
	return tags_check(p, PAIR_SRC, o->replica ? DEED_ADOPT : DEED_SEND);
}

/* What was the other side until now goes on believing so. */
static void say_former(const struct pair *p, const struct relocate_opts *o, struct plan *out)
{
	const struct dataset *d = p->src.d;
	const char *host = o->replica ? d->src_host : d->dest_host;
	const char *fs = o->replica ? d->src_fs : d->dest_fs;

	if (host == NULL || fs == NULL || !name_is_dataset(fs) ||
	    (strcmp(host, o->host) == 0 && strcmp(fs, o->fs) == 0))
		return;
	strv_tell(&out->done,
		  "if %s on %s is another dataset and still exists, it does not know yet that it "
		  "has left this pair; there, unless somebody needs it: {zrep clear %s}",
		  fs, host, fs);
}

/* The command for the other side, and what is still missing on this one. */
static void say_more(const struct pair *p, const struct relocate_opts *o, const struct places *to,
		     struct plan *out)
{
	const struct dataset *d = p->src.d;
	const char *host = o->host + strcspn(o->host, "@");

	host = *host == '@' ? host + 1 : o->host;
	strv_tell(&out->done,
		  "the other side needs the same; on %s: {zrep changeconfig }%s%s{%s %s %s}", host,
		  o->force ? "-f " : "", o->replica ? "" : "-d ", o->fs,
		  o->replica ? to->dest_host : to->src_host, d->name);
	if (has_role(d, o->replica))
		say_former(p, o, out);
	if (!o->replica && !d->master)
		strv_tell(&out->done,
			  "%s on %s is not the master yet; when both sides have a snapshot in "
			  "common: {zrep sentsync %s@SNAPSHOT}",
			  d->name, p->src.host_name, d->name);
	if (o->replica && !d->readonly)
		strv_tell(&out->done,
			  "%s on %s can be written to, and a replica must not be: {zfs set "
			  "readonly=on %s}",
			  d->name, p->src.host_name, d->name);
}

static void store(const struct pair *pair, const struct relocate_opts *opts,
		  const struct places *to, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	bool count = d->savecount_text == NULL && !has_role(d, opts->replica);
	/* It is the operator's word that what is there now is the other side, whatever that was before. */
	bool knows = !opts->same_ends && identity_knows(d, opts->replica);
	/* What the other side calls itself is known anew with the next sync. */
	bool calls = d->dest_self != NULL && !opts->replica &&
		     (!opts->same_ends || !same(d->dest_host, to->dest_host));

	out->unchanged = !count && !knows && same(d->src_host, to->src_host) &&
			 same(d->src_fs, to->src_fs) && same(d->dest_host, to->dest_host) &&
			 same(d->dest_fs, to->dest_fs);
	if (out->unchanged)
		return;
	nvlist_t *props = nv_new();
	plan_prop(props, pair->tag, "src-host", to->src_host);
	plan_prop(props, pair->tag, "src-fs", to->src_fs);
	plan_prop(props, pair->tag, "dest-host", to->dest_host);
	plan_prop(props, pair->tag, "dest-fs", to->dest_fs);
	if (opts->replica)
		plan_prop(props, pair->tag, "dest-self", pair->src.self);
	else if (calls)
		plan_prop(props, pair->tag, "dest-self", NULL);
	if (!opts->same_ends)
		identity_forget_end(props, pair->tag, d, opts->replica);
	if (count)
		plan_prop_u64(props, pair->tag, "savecount", opts->savecount);
	plan_add(out, STEP_SET, PHASE_RECORD, PAIR_SRC, d->name)->props = props;
}

void plan_relocate(const struct pair *pair, const struct relocate_opts *opts, struct plan *out)
{
	struct places to = places_of(pair, opts);
	struct err *e;

	assert(pair->src.d != NULL && opts->host != NULL && opts->fs != NULL);
	if ((e = check_role(pair, opts)) != NULL || (e = check_places(pair, opts)) != NULL ||
	    (e = check_rival(pair, opts)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	store(pair, opts, &to, out);
	say_more(pair, opts, &to, out);
}

/* --- all of a pool --- */

/* Is `now` the same below `to` as `was` is below `from`? */
static bool is_same_below(const char *was, const char *from, const char *now, const char *to)
{
	return was != NULL && name_within(was, from) && name_within(now, to) &&
	       strcmp(was + strlen(from), now + strlen(to)) == 0;
}

static const char *own_fs(const struct dataset *d)
{
	return d->master ? d->src_fs : d->dest_fs;
}

static const char *other_fs(const struct dataset *d)
{
	return d->master ? d->dest_fs : d->src_fs;
}

const char *relocate_told(const struct dataset *d)
{
	return d->master ? d->dest_host : d->src_host;
}

static bool is_at(const char *stored, const char *host)
{
	return stored != NULL && (strcmp(stored, host) == 0 ||
				  name_same_host(name_host_part(stored), name_host_part(host)));
}

bool relocate_concerns(const struct relocate_move *m, const struct dataset *d)
{
	if (d->role == ROLE_NONE)
		return false;
	if (m->host == NULL)
		return name_within(d->name, m->new_fs);
	return other_fs(d) != NULL &&
	       ((is_at(relocate_told(d), m->host) && name_within(other_fs(d), m->fs)) ||
		(is_at(relocate_told(d), m->new_host) && name_within(other_fs(d), m->new_fs)));
}

/* With the user that the stored name has, where the new one says none. The caller frees. */
static char *new_host(const struct relocate_move *m, const char *stored)
{
	const char *part = name_host_part(stored);

	if (is_at(stored, m->new_host))
		return str_fmt("%s", stored);
	return strchr(m->new_host, '@') != NULL
		   ? str_fmt("%s", m->new_host)
		   : str_fmt("%.*s%s", (int)(part - stored), stored, m->new_host);
}

static struct err *check_moved(const struct pair *p, const struct relocate_move *m,
			       const struct dataset *before)
{
	const struct dataset *d = p->src.d;
	bool here = m->host == NULL;

	if (d->switch_state.kind != SWITCH_NONE)
		return plan_switching(p->tag, d, p->src.host_name);
	/* They become words of a command to be pasted. */
	if (!d->src_host || !d->src_fs || !d->dest_host || !d->dest_fs ||
	    !name_is_dataset(other_fs(d)) || !name_is_host(d->src_host) ||
	    !name_is_host(d->dest_host))
		return plan_no_pair(d->name, p->src.host_name, p->tag);
	if (here && before != NULL)
		return err_remedy(
		    err_refuse(REASON_BROKEN_PAIR,
			       "%s on %s is there as well, and is zrep's: %s is a copy of it, and "
			       "has not taken its place",
			       before->name, p->src.host_name, d->name),
		    "see `{zrep list -v %s}`; what is only a copy needs nothing", d->name);
	if (!d->master && !d->words_local)
		return err_remedy(
		    err_refuse(
			REASON_NOT_REPLICA,
			"%s on %s has all that it says of a pair from a stream: it is a copy",
			d->name, p->src.host_name),
		    "only if it is to become the replica: {zrep changeconfig -d %s %s %s}", d->name,
		    d->src_host, d->src_fs);
	if (here && strcmp(own_fs(d), d->name) != 0 &&
	    !is_same_below(own_fs(d), m->fs, d->name, m->new_fs))
		return err_remedy(
		    err_refuse(REASON_BROKEN_PAIR,
			       "%s on %s says that it is %s, which is not where it was below %s",
			       d->name, p->src.host_name, own_fs(d), m->fs),
		    "by itself: {zrep changeconfig }%s{%s %s %s}", d->master ? "" : "-d ", d->name,
		    relocate_told(d), other_fs(d));
	return NULL;
}

void plan_relocate_moved(const struct pair *pair, const struct relocate_move *m,
			 const struct dataset *before, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	struct err *e = check_moved(pair, m, before);

	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	bool here = m->host == NULL,
	     moved = !here && name_within(other_fs(d), m->fs) && is_at(relocate_told(d), m->host);
	char *host = here ? str_fmt("%s", relocate_told(d)) : new_host(m, relocate_told(d));
	char *fs = moved ? str_fmt("%s%s", m->new_fs, other_fs(d) + strlen(m->fs))
			 : str_fmt("%s", other_fs(d));
	struct relocate_opts o = {.replica = !d->master,
				  .host = host,
				  .fs = fs,
				  .same_host =
				      here ? name_names_host(host, m->self) : m->to_same_host,
				  .same_ends = true};
	struct places to = places_of(pair, &o);
	if ((e = check_places(pair, &o)) != NULL)
		plan_refuse(out, e);
	else
		store(pair, &o, &to, out);
	free(host);
	free(fs);
}

void relocate_tell(const struct pair *p, const struct relocate_move *m, struct plan *out)
{
	const struct dataset *d = p->src.d;
	const char *own = d->master ? d->src_host : d->dest_host, *told = relocate_told(d);
	char *peer = m->host == NULL ? str_fmt("%s", told) : new_host(m, told);
	const char *was = m->fs, *now = m->new_fs;

	/* There it is the other side that has moved, and the other way round. */
	if (m->host != NULL)
		strv_tell(&out->done,
			  "the other side needs the same; on %s: {zrep changeconfig -R %s %s}",
			  name_host_part(peer), was, now);
	else if (name_names_host(own, p->src.self))
		strv_tell(&out->done,
			  "the other side needs the same; on %s: {zrep changeconfig -R %s %s %s}",
			  name_host_part(peer), own, was, now);
	else
		strv_tell(&out->done,
			  "the other side needs the same; on %s: {zrep changeconfig -R %s %s %s "
			  "%s}",
			  name_host_part(peer), own, was, p->src.self, now);
	free(peer);
}
