/* What the roles are made of: properties, readonly, hooks. */
#include "plan/role/role_props.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/schema.h"
#include "util/mem.h"

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

nvlist_t *plan_master_props(const struct pair *pair, enum pair_side at, uint64_t epoch,
			    uint64_t fork)
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

void plan_hook(struct plan *p, const struct pair *pair, enum pair_side at, enum step_phase phase,
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
	plan_add(p, STEP_HOOK, phase, at, me->name)->props = facts;
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
	struct step *s = plan_add(p, STEP_SET, PHASE_RECORD, at, d->name);
	s->props = props;
	plan_expect(s, pair->tag, d, "switch epoch master");
}
