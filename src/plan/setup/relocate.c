/* changeconfig: where the pair is, stored anew on one side. */
#include "plan/setup/relocate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/tags.h"

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

static struct err *check_role(const struct pair *p, const struct relocate_opts *o)
{
	const struct dataset *d = p->src.d;

	if (d->switch_state.kind != SWITCH_NONE)
		return plan_switching(p->tag, d, p->src.host_name);
	if (o->replica && d->master)
		return err_remedy(
		    err_refuse(REASON_NOT_REPLICA, "%s on %s is a master, and no destination",
			       d->name, p->src.host_name),
		    "leave -d out; if its role is to move: zrep failover %s", d->name);
	if (!o->replica && d->role == ROLE_REPLICA)
		return err_remedy(
		    err_refuse(REASON_NOT_MASTER, "%s on %s is a replica, and no source", d->name,
			       p->src.host_name),
		    "say -d, with its source; if its role is to move: zrep takeover %s", d->name);
	if (!has_role(d, o->replica) && !o->force)
		return err_remedy(err_refuse(REASON_NO_PAIR, "%s on %s is no %s of zrep's (tag %s)",
					     d->name, p->src.host_name,
					     o->replica ? "replica" : "master", p->tag),
				  "-f stores it all the same; `zrep init` sets a new pair up");
	if (has_role(d, o->replica))
		return NULL;
	return tags_check(p, PAIR_SRC, o->replica ? DEED_ADOPT : DEED_SEND);
}

static bool same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
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
	bool usual = strcmp(p->tag, "zrep") == 0;
	char *name = name_for_shell(fs);
	strv_addf(&out->done,
		  "if %s on %s is another dataset and still exists, it does not know yet that it "
		  "has left this pair; there, unless somebody needs it: zrep%s%s clear %s",
		  fs, host, usual ? "" : " -t ", usual ? "" : p->tag, name);
	free(name);
}

/* The command for the other side, and what is still missing on this one. */
static void say_more(const struct pair *p, const struct relocate_opts *o, const struct places *to,
		     struct plan *out)
{
	const struct dataset *d = p->src.d;
	const char *host = o->host + strcspn(o->host, "@");
	bool usual = strcmp(p->tag, "zrep") == 0;

	host = *host == '@' ? host + 1 : o->host;
	char *peer = name_for_shell(o->fs), *home = name_for_shell(d->name);
	strv_addf(&out->done,
		  "the other side needs the same; on %s: zrep%s%s changeconfig %s%s%s %s %s", host,
		  usual ? "" : " -t ", usual ? "" : p->tag, o->force ? "-f " : "",
		  o->replica ? "" : "-d ", peer, o->replica ? to->dest_host : to->src_host, home);
	free(peer);
	free(home);
	if (has_role(d, o->replica))
		say_former(p, o, out);
	if (!o->replica && !d->master)
		strv_addf(&out->done,
			  "%s on %s is not the master yet; when both sides have a snapshot in "
			  "common: zrep sentsync %s@SNAPSHOT",
			  d->name, p->src.host_name, d->name);
	if (o->replica && !d->readonly)
		strv_addf(&out->done,
			  "%s on %s can be written to, and a replica must not be: zfs set "
			  "readonly=on %s",
			  d->name, p->src.host_name, d->name);
}

void plan_relocate(const struct pair *pair, const struct relocate_opts *opts, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	struct places to = places_of(pair, opts);
	struct err *e;

	assert(pair->src.d != NULL && opts->host != NULL && opts->fs != NULL);
	if ((e = check_role(pair, opts)) != NULL || (e = check_places(pair, opts)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	bool count = d->savecount_text == NULL && !has_role(d, opts->replica);
	/* It is the operator's word that what is there now is the other side, whatever that was before. */
	bool knows = identity_knows(d, opts->replica);
	out->unchanged = !count && !knows && same(d->src_host, to.src_host) &&
			 same(d->src_fs, to.src_fs) && same(d->dest_host, to.dest_host) &&
			 same(d->dest_fs, to.dest_fs);
	if (!out->unchanged) {
		nvlist_t *props = nv_new();
		plan_prop(props, pair->tag, "src-host", to.src_host);
		plan_prop(props, pair->tag, "src-fs", to.src_fs);
		plan_prop(props, pair->tag, "dest-host", to.dest_host);
		plan_prop(props, pair->tag, "dest-fs", to.dest_fs);
		if (opts->replica)
			plan_prop(props, pair->tag, "dest-self", pair->src.self);
		else if (d->dest_self != NULL)
			plan_prop(props, pair->tag, "dest-self", NULL);
		identity_forget_end(props, pair->tag, d, opts->replica);
		if (count)
			plan_prop_u64(props, pair->tag, "savecount", opts->savecount);
		plan_add(out, STEP_SET, PHASE_RECORD, PAIR_SRC, d->name)->props = props;
	}
	say_more(pair, opts, &to, out);
}
