/* What the roles are made of: properties, readonly, hooks, and who is the master of two. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/schema.h"
#include "util/mem.h"
#include "util/num.h"

static void pair_props(nvlist_t *props, const char *tag, const char *src_host, const char *src_fs,
		       const char *dest_host, const char *dest_fs)
{
	plan_prop(props, tag, "src-host", src_host);
	plan_prop(props, tag, "src-fs", src_fs);
	plan_prop(props, tag, "dest-host", dest_host);
	plan_prop(props, tag, "dest-fs", dest_fs);
}

/* What the destination calls itself, once an end has another role. NULL: not known. */
static void role_self(nvlist_t *props, const char *tag, const struct dataset *d, const char *self)
{
	if (self != NULL && !name_is_host(self))
		self = NULL;
	if (self != NULL || (d != NULL && d->dest_self != NULL))
		plan_prop(props, tag, "dest-self", self);
}

/* Its dest-host is how its master reached it, perhaps an alias. As a source, a host has to know that name
 * for its own. The user stays: whoever reaches it later does so as him. */
char *plan_own_host(const struct endpoint *me)
{
	const char *stored = me->d->dest_host, *at = strchr(stored, '@');

	if (me->self == NULL || strcmp(stored, "localhost") == 0 ||
	    name_names_host(stored, me->self))
		return mem_strdup(stored);
	return str_fmt("%.*s%s", at ? (int)(at - stored) + 1 : 0, stored, me->self);
}

struct err *plan_check_own_host(const struct pair *pair, enum pair_side at)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	struct err *e = NULL;

	if (me->d->role != ROLE_REPLICA || me->d->dest_host == NULL)
		return NULL;
	char *host = plan_own_host(me);
	bool kept = strcmp(host, me->d->dest_host) == 0;
	if (!kept && (e = name_check_host(host)) != NULL)
		e->kind = ERR_REFUSED;
	else if (!kept && (strcmp(host, "localhost") == 0 ||
			   (other->self != NULL && name_same_host(me->self, other->self)) ||
			   name_names_host(me->d->src_host, me->self)))
		e = err_new(
		    ERR_REFUSED,
		    "%s on %s cannot be the master: that host calls itself %s, which is another "
		    "one's name as well",
		    me->name, me->host_name, me->self);
	free(host);
	return err_remedy(e, "give it a name of its own, or set ZREP_SRC_HOST to %s there",
			  me->d->dest_host);
}

/* What is over for a dataset that takes the other role. */
static void forget(nvlist_t *props, const char *tag, bool promoted)
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (promoted ? schema[i].promoted : schema[i].demoted)
			plan_prop(props, tag, schema[i].name, NULL);
}

nvlist_t *plan_master_props(const struct pair *pair, enum pair_side at, uint64_t epoch, uint64_t fork)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	nvlist_t *props = nv_new();
	char *entering = change_entering(epoch);

	if (d->role == ROLE_REPLICA) {
		char *host = plan_own_host(me);
		pair_props(props, pair->tag, host, d->name, d->src_host, d->src_fs);
		role_self(props, pair->tag, d, pair_end(pair, pair_other(at))->self);
		free(host);
	}
	plan_prop(props, pair->tag, "master", "yes");
	plan_prop(props, pair->tag, "switch", entering);
	plan_prop_u64(props, pair->tag, "epoch", epoch);
	plan_prop_u64(props, pair->tag, "fork", fork);
	plan_prop_u64(props, pair->tag, "since", pair->now);
	forget(props, pair->tag, true);
	free(entering);
	return props;
}

nvlist_t *plan_replica_props(const struct pair *pair, enum pair_side at, uint64_t epoch)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d != NULL ? me->d : me->aside, *o = other->d;
	nvlist_t *props = nv_new();

	if (o != NULL && o->role == ROLE_MASTER && strcmp(o->dest_fs, me->name) == 0)
		pair_props(props, pair->tag, o->src_host, o->src_fs, o->dest_host, me->name);
	else if (d->master && d->dest_host && d->dest_fs) /* the two names may well be the same */
		pair_props(props, pair->tag, d->dest_host, d->dest_fs, d->src_host, me->name);
	role_self(props, pair->tag, d, me->self);
	forget(props, pair->tag, false);
	if (epoch != 0)
		plan_prop_u64(props, pair->tag, "epoch", epoch);
	return props;
}

static const char *without_user(const char *host)
{
	const char *at = strchr(host, '@');

	return at != NULL ? at + 1 : host;
}

bool plan_names_source(const struct pair *p)
{
	const char *own = p->src.d->src_host, *named = p->dst.d->src_host;

	if (own == NULL || named == NULL)
		return false;
	bool one_host =
	    p->src.self != NULL && p->dst.self != NULL && strcmp(p->src.self, p->dst.self) == 0;
	if (one_host && (strcmp(own, "localhost") == 0 || strcmp(named, "localhost") == 0))
		return true;
	return strcmp(own, named) == 0 || name_same_host(without_user(own), without_user(named)) ||
	       (p->src.self != NULL && name_names_host(named, p->src.self));
}

void plan_hook(struct plan *p, const struct pair *pair, enum pair_side at, enum step_kind kind,
	       uint64_t epoch, const char *role)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d != NULL ? me->d : me->aside;
	nvlist_t *facts = nv_new();
	char text[32];

	const char *peer_name = other->name;

	if (peer_name == NULL)
		peer_name = d->master ? d->dest_fs : d->src_fs;
	snprintf(text, sizeof(text), "%" PRIu64, epoch);
	nv_add_str(facts, "DATASET", me->name);
	nv_add_str(facts, "PEER", other->host_name);
	nv_add_str(facts, "PEER_DATASET", peer_name != NULL ? peer_name : "");
	nv_add_str(facts, "EPOCH", text);
	nv_add_str(facts, "TAG", pair->tag);
	nv_add_str(facts, "ROLE", role);
	plan_add(p, kind, at, me->name)->props = facts;
}

void plan_remember_readonly(nvlist_t *props, const char *tag, const struct dataset *d)
{
	/* A note that is there already is of the change before the crash. */
	if (d->readonly_was == NULL)
		plan_prop(props, tag, "readonly",
			  !d->readonly_local ? "inherited"
			  : d->readonly      ? "on"
					     : "off");
}

void plan_restore_readonly(struct plan *p, const struct pair *pair, enum pair_side at)
{
	const struct dataset *d = pair_end(pair, at)->d;
	/* Without a note it was zrep that set it, when it made the replica. */
	const char *was = d->readonly_was != NULL ? d->readonly_was : "inherited";
	nvlist_t *props;

	if (!d->readonly_local || strcmp(was, "on") == 0 ||
	    (strcmp(was, "off") == 0 && !d->readonly))
		return;
	props = nv_new();
	if (strcmp(was, "off") == 0)
		nv_add_str(props, "readonly", "off");
	else
		nv_add_flag(props, "readonly");
	struct step *s = plan_add(p, STEP_SET, at, d->name);
	s->props = props;
	plan_expect(s, pair->tag, d, "switch epoch master");
}

char *plan_settler(const char *tag, const struct dataset *d)
{
	char *before = dataset_name_before(d), *name = name_for_shell(before);
	bool usual = strcmp(tag, "zrep") == 0;
	char *command =
	    str_fmt("zrep%s%s doctor --fix %s", usual ? "" : " -t ", usual ? "" : tag, name);

	free(name);
	free(before);
	return command;
}

struct err *plan_switching(const char *tag, const struct dataset *d, const char *host)
{
	struct err *e = err_new(ERR_REFUSED, "%s on %s is in the middle of a role change (%s)",
				d->name, host, d->switching);
	char *name = name_for_shell(d->name), *command = plan_settler(tag, d);

	if (d->change.kind == CHANGE_UNKNOWN)
		err_remedy(e,
			   "no command of this zrep writes that: look at both sides with `zrep "
			   "status -v`; to forget it: on %s, zfs inherit %s:switch %s",
			   host, tag, name);
	else
		err_remedy(e, "if nobody is at it: on %s, %s", host, command);
	free(command);
	free(name);
	return e;
}

void plan_pause(const struct pair *pair, bool paused, struct plan *out)
{
	const struct dataset *d = pair->src.d;

	if (d->role != ROLE_MASTER && d->role != ROLE_REPLICA) {
		plan_refuse(out, plan_no_pair(d->name, pair->src.host_name, pair->tag));
		return;
	}
	if (d->role == ROLE_REPLICA && paused) {
		plan_refuse(out, err_remedy(err_new(ERR_REFUSED, "%s on %s is a replica", d->name,
						    pair->src.host_name),
					    "pause it on its master: on %s, zrep pause %s",
					    d->src_host, d->src_fs));
		return;
	}
	out->unchanged = d->paused == paused;
	if (out->unchanged)
		return;
	nvlist_t *props = nv_new();
	plan_prop(props, pair->tag, "paused", paused ? "yes" : NULL);
	plan_add(out, STEP_SET, PAIR_SRC, d->name)->props = props;
}

struct err *plan_no_pair(const char *name, const char *host, const char *tag)
{
	return err_remedy(
	    err_new(ERR_REFUSED, "%s on %s is not replicated by zrep (tag %s)", name, host, tag),
	    "`zrep list` shows the datasets that zrep knows");
}

struct err *plan_pool_away(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(err_new(ERR_REFUSED, "pool %.*s is not imported on %s: %s cannot be seen",
				  n, dataset, host, dataset),
			  "on %s: zpool import %.*s, then run the same again", host, n, dataset);
}

struct err *plan_pool_readonly(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(err_new(ERR_REFUSED,
				  "pool %.*s is imported read-only on %s: %s cannot be changed", n,
				  dataset, host, dataset),
			  "on %s: zpool export %.*s, zpool import %.*s, then run the same again",
			  host, n, dataset, n, dataset);
}

struct err *plan_check_epoch(const struct dataset *d, const char *host, const char *tag)
{
	if (d->epoch < UINT64_MAX - 16)
		return NULL;
	return err_remedy(
	    err_new(ERR_REFUSED, "%s on %s: epoch %" PRIu64 " cannot grow any more", d->name, host,
		    d->epoch),
	    "somebody has set it; look at both sides with `zrep list -v`, then zfs set "
	    "%s:epoch on them",
	    tag);
}

/* "since ..." where it is known. */
static char *since(const struct pair *p, const struct dataset *d)
{
	char when[NUM_TIME];

	if (d->since == 0)
		return str_fmt("%s", "");
	return str_fmt(" since %s", num_time_as(when, p->date_format, d->since));
}

static struct err *superseded(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	char *when = since(p, d);
	struct err *e = err_remedy(
	    err_new(ERR_REFUSED,
		    "%s on %s was superseded: %s on %s is the master of epoch %" PRIu64
		    "%s, this side is at %" PRIu64 "; nothing was touched",
		    s->name, p->src.host_name, d->name, p->dst.host_name, d->epoch, when, s->epoch),
	    "bring this side back as its replica, keeping what only it has: on %s, zrep rejoin %s",
	    p->src.host_name, s->name);

	free(when);
	return e;
}

/* When a side was last written to, as well as it can be told: its newest snapshot, and what came after. */
static void last_writes(const struct pair *p, enum pair_side at, struct buf *to)
{
	const struct endpoint *me = pair_end(p, at);
	const struct dataset *d = me->d;
	const struct snap *newest = dataset_newest(d);
	char when[NUM_TIME], bytes[NUM_TEXT];

	buf_addf(to, "%s on %s: %s%s, newest snapshot %s", d->name, me->host_name,
		 dataset_unchanged(d) ? "nothing" : num_bytes(bytes, d->written),
		 newest ? " written since its newest snapshot" : " written",
		 newest ? num_time_as(when, p->date_format, newest->creation) : "none");
}

static struct err *split_brain(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct buf writes = {0};

	last_writes(p, PAIR_SRC, &writes);
	buf_addf(&writes, "; ");
	last_writes(p, PAIR_DST, &writes);
	struct err *e = err_remedy(
	    err_new(ERR_REFUSED,
		    "split brain: %s on %s and %s on %s are both masters at epoch %" PRIu64
		    "; nothing was touched (%s)",
		    s->name, p->src.host_name, d->name, p->dst.host_name, s->epoch, writes.data),
	    "choose the side whose data is to go on, and run on the other one (on %s: zrep rejoin "
	    "--force %s; on %s: zrep rejoin --force %s); it keeps what only that side has",
	    p->src.host_name, s->name, p->dst.host_name, d->name);
	buf_free(&writes);
	return e;
}

struct err *plan_check_masters(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (d->master && d->epoch > s->epoch)
		return superseded(p);
	if (d->master && d->epoch == s->epoch)
		return split_brain(p);
	if (d->master)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s believes to be master at the older epoch %" PRIu64
			    " (%s on %s: %" PRIu64 "); nothing was touched",
			    d->name, p->dst.host_name, d->epoch, s->name, p->src.host_name, s->epoch),
		    "it was superseded: on %s, zrep rejoin %s", p->dst.host_name, d->name);
	if (d->epoch > s->epoch && (d->role != ROLE_REPLICA || d->change.kind != CHANGE_NONE))
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s was superseded: %s on %s has data of epoch %" PRIu64
			    ", this side is at %" PRIu64 "; nothing was touched",
			    s->name, p->src.host_name, d->name, p->dst.host_name, d->epoch, s->epoch),
		    "see `zrep status -v %s` on %s", d->name, p->dst.host_name);
	return NULL;
}
