/* What the roles are made of: properties, readonly, hooks. */
#include "plan/role/role_props.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/plan.h"
#include "plan/role/host_names.h"
#include "plan/role/links.h"
#include "state/dataset.h"
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

/* What is over for a dataset that takes the other role. */
static void forget(nvlist_t *props, const char *tag, bool promoted)
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (promoted ? schema[i].promoted : schema[i].demoted)
			plan_prop(props, tag, schema[i].name, NULL);
}

/* Seldom there. */
static void forget_late(nvlist_t *props, const char *tag, const struct dataset *d)
{
	if (d->late != 0)
		plan_prop(props, tag, "late", NULL);
}

nvlist_t *plan_master_props(const struct pair *pair, enum pair_side at, uint64_t epoch,
			    uint64_t fork)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	nvlist_t *props = nv_new();
	char *entering = switch_promoting(epoch);

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
	forget_late(props, pair->tag, d);
	free(entering);
	return props;
}

nvlist_t *plan_replica_props(const struct pair *pair, enum pair_side at, uint64_t epoch)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d != NULL ? me->d : me->preserved, *o = other->d;
	nvlist_t *props = nv_new();

	if (o != NULL && o->role == ROLE_MASTER && strcmp(o->dest_fs, me->name) == 0)
		pair_props(props, pair->tag, o->src_host, o->src_fs, o->dest_host, me->name);
	else if (d->master && d->dest_host && d->dest_fs) /* the two names may well be the same */
		pair_props(props, pair->tag, d->dest_host, d->dest_fs, d->src_host, me->name);
	role_self(props, pair->tag, d, me->self);
	identity_follow(props, pair->tag, d, o);
	forget(props, pair->tag, false);
	forget_late(props, pair->tag, d);
	if (epoch != 0)
		plan_prop_u64(props, pair->tag, "epoch", epoch);
	plan_hand_on_links(pair, at, epoch != 0 ? epoch : d->epoch, props);
	return props;
}

void plan_hook(struct plan *p, const struct pair *pair, enum pair_side at, enum step_phase phase,
	       uint64_t epoch, const char *role)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d != NULL ? me->d : me->preserved;
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
	/* What follows under another tag has been made read-only for that. */
	bool own = d->readonly_local && !(d->readonly && dataset_follows(d) != NULL);

	/* A note that is there already is of the change before the crash. */
	if (d->readonly_was == NULL)
		plan_prop(props, tag, "readonly", !own ? "inherited" : d->readonly ? "on" : "off");
}

/* Without a note it was zrep that set it, when it made the replica. */
static const char *readonly_note(const struct dataset *d)
{
	return d->readonly_was != NULL ? d->readonly_was : "inherited";
}

nvlist_t *plan_readonly_off(bool set)
{
	nvlist_t *props = nv_new();

	if (set)
		nv_add_str(props, "readonly", "off");
	else
		nv_add_flag(props, "readonly");
	return props;
}

void plan_restore_readonly(struct plan *p, const struct pair *pair, enum pair_side at)
{
	const struct dataset *d = pair_end(pair, at)->d;
	const char *was = readonly_note(d);
	bool off = strcmp(was, "off") == 0;

	if (!d->readonly_local || strcmp(was, "on") == 0 || (off && !d->readonly))
		return;
	struct step *s = plan_add(p, STEP_SET, PHASE_RECORD, at, d->name);
	s->props = plan_readonly_off(off);
	plan_expect(s, pair->tag, d, ROLE_MARKS);
}

nvlist_t *plan_writable_props(const struct dataset *d)
{
	const char *was = readonly_note(d);

	if (!d->readonly || strcmp(was, "on") == 0)
		return NULL;
	return plan_readonly_off(d->readonly_local && strcmp(was, "off") == 0);
}
