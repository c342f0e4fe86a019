#include "plan/role/better.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/role/links.h"
#include "state/dataset.h"
#include "util/num.h"

static struct err *leads(const struct pair *p, const struct member *m, const char *name)
{
	const struct endpoint *me = &p->dst;
	struct err *e = err_refuse(REASON_NOT_BEST,
				   "%s on %s can be reached, and is the master of epoch %" PRIu64
				   ": %s on %s would be a second one",
				   m->fs, m->host, m->d->epoch, me->name, me->host_name);

	return err_remedy(e,
			  "move the role from there: on %s, see `{zrep status -a}`; "
			  "if it must not be asked: on %s, {zrep takeover -L --force %s}",
			  m->host, me->host_name, name);
}

static struct err *has_more(const struct pair *p, const struct member *m, const struct snap *base,
			    const char *name)
{
	const struct endpoint *me = &p->dst;
	char bytes[NUM_TEXT];

	return err_remedy(
	    err_refuse(
		REASON_NOT_BEST,
		"%s on %s can be reached, and has %s that %s on %s does not have (after @%s)",
		m->fs, m->host, num_bytes(bytes, dataset_written_after(m->d, base)), me->name,
		me->host_name, base->name),
	    "let that one lead: on %s, {zrep -t TAG takeover -L %s}, with the tag that it receives "
	    "under; if what only it has may be kept aside: on %s, {zrep takeover -L --force %s}",
	    m->host, m->fs, me->host_name, name);
}

/* What it has beyond the newest snapshot that both have is more than nothing, and newer than what is here. */
static bool is_ahead(const struct dataset *its, const struct snap *base, const struct dataset *mine)
{
	const struct snap *here = dataset_snap_by_guid(mine, base->guid),
			  *newest = dataset_newest(its), *my_newest = dataset_newest(mine);

	if (dataset_written_after(its, base) == 0)
		return false;
	return dataset_written_after(mine, here) == 0 || newest->creation >= my_newest->creation;
}

bool plan_has_more(const struct dataset *its, const struct dataset *mine)
{
	const struct snap *base = dataset_base(its, mine);

	return base != NULL && is_ahead(its, base, mine);
}

struct err *plan_check_behind(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	char bytes[NUM_TEXT];

	if (p->accepted || s->role != ROLE_REPLICA || d->role != ROLE_REPLICA ||
	    identity_was_taken_back(d, s) || !plan_has_more(s, d))
		return NULL;
	const struct snap *base = dataset_base(s, d);
	return err_remedy(
	    err_refuse(REASON_NOT_BEST,
		       "nobody leads, and %s on %s has %s that %s on %s does not have (after @%s)",
		       s->name, p->src.host_name, num_bytes(bytes, dataset_written_after(s, base)),
		       d->name, p->dst.host_name, base->name),
	    "let that one lead: on %s, {zrep takeover %s}; if what only it has may be kept aside: "
	    "on "
	    "%s, {zrep takeover --force %s}",
	    p->src.host_name, s->name, p->dst.host_name, d->name);
}

struct err *plan_check_better(const struct pair *p, const struct member *members, size_t n)
{
	const struct dataset *mine = p->dst.d;
	struct err *e = NULL;

	assert(mine != NULL);
	if (mine->role != ROLE_REPLICA)
		return NULL;
	for (size_t i = 0; i < n && e == NULL; i++) {
		const struct member *m = &members[i];
		const struct snap *base = m->d != NULL ? dataset_base(m->d, mine) : NULL;
		bool of_it = base != NULL || (m->d != NULL && mine->set_id != NULL &&
					      str_same(m->d->set_id, mine->set_id));
		if (of_it && plan_leads(m->d) && m->d->epoch >= mine->epoch)
			e = leads(p, m, mine->name);
		else if (base != NULL && is_ahead(m->d, base, mine))
			e = has_more(p, m, base, mine->name);
	}
	return e;
}

/* Does the member send to that end, by the link that the end knows it by? Else that may not come back by it. */
static bool sends_to(const struct pair *p, const struct member *m, const struct endpoint *me)
{
	if (strcmp(m->tag, p->tag) == 0)
		return m->d->role == ROLE_MASTER && plan_is_end(me, m->d->dest_host, m->d->dest_fs);
	for (size_t i = 0; i < m->d->n_others; i++) {
		const struct other_tag *o = &m->d->others[i];
		if (strcmp(o->tag, m->tag) == 0)
			return o->role == ROLE_MASTER && plan_is_end(me, o->dest_host, o->dest_fs);
	}
	return false;
}

static struct err *led(const struct pair *p, const struct endpoint *src, const struct member *m)
{
	struct err *e =
	    err_refuse(REASON_SUPERSEDED,
		       "%s on %s can be reached, and is the master of epoch %" PRIu64
		       ", and %s on %s is at %" PRIu64 ": that has no role to give",
		       m->fs, m->host, m->d->epoch, src->d->name, src->host_name, src->d->epoch);

	/* Of the same epoch either may be the one that goes on. */
	if (m->d->epoch > src->d->epoch && sends_to(p, m, src))
		return err_remedy(
		    e,
		    "bring it back as the replica of that one, keeping what only it has: on "
		    "%s, {zrep -t %s rejoin %s}",
		    src->host_name, m->tag, src->d->name);
	return err_remedy(e, "on %s, {zrep -t %s sync %s} says how one of them comes back",
			  src->host_name, m->tag, src->d->name);
}

/* Does `d` send there itself, or is it only told of whom its source sends to? */
static bool sends_under(const struct dataset *d, const char *tag)
{
	for (size_t i = 0; i < d->n_others; i++)
		if (strcmp(d->others[i].tag, tag) == 0 && d->others[i].role == ROLE_MASTER)
			return true;
	return false;
}

struct err *plan_check_unled(const struct pair *p, enum pair_side at, const struct member *members,
			     size_t n)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s == NULL || d == NULL || s->role != ROLE_REPLICA || d->role != ROLE_REPLICA)
		return NULL;
	/* Who gives the role up counts on: the other one may lead since before that. */
	uint64_t epoch = s->epoch > d->epoch ? s->epoch : d->epoch;
	for (size_t i = 0; i < n; i++) {
		const struct member *m = &members[i];
		const struct endpoint *me = pair_end(p, at);
		if (m->d == NULL || !plan_leads(m->d) || m->d->epoch + 1 < epoch ||
		    !dataset_one_set(me->d, m->d))
			continue;
		struct err *e =
		    err_refuse(REASON_SUPERSEDED,
			       "%s on %s can be reached, and is the master of epoch %" PRIu64
			       ": neither %s on %s nor %s on %s is made one beside it",
			       m->fs, m->host, m->d->epoch, s->name, p->src.host_name, d->name,
			       p->dst.host_name);
		if (!sends_under(me->d, m->tag))
			me = pair_end(p, pair_other(at));
		if (m->d->epoch < epoch)
			return err_remedy(e,
					  "on %s, {zrep -t %s sync %s} says how the two come back "
					  "to that one, which keeps what only they have",
					  m->host, m->tag, m->fs);
		if (!sends_to(p, m, me))
			return err_remedy(
			    e, "on %s, {zrep -t %s sync %s} says how one of them comes back",
			    me->host_name, m->tag, me->d->name);
		return err_remedy(
		    e, "bring it back as the replica of that one: on %s, {zrep -t %s rejoin %s}",
		    me->host_name, m->tag, me->d->name);
	}
	return NULL;
}

struct err *plan_check_led(const struct pair *p, enum pair_side at, const struct member *members,
			   size_t n)
{
	const struct dataset *s = pair_end(p, at)->d;

	/* What receives has no role to give, which is told without anybody being asked. */
	for (size_t i = 0; s != NULL && plan_leads(s) && i < n; i++) {
		const struct member *m = &members[i];
		if (m->d == NULL || !plan_leads(m->d))
			continue;
		const char *mine = dataset_set(s), *its = dataset_set(m->d);
		bool known = mine != NULL && its != NULL;
		if ((known && strcmp(mine, its) == 0 && m->d->epoch >= s->epoch) ||
		    (!known && m->d->epoch > s->epoch && dataset_base(m->d, s) != NULL))
			return led(p, pair_end(p, at), m);
	}
	return NULL;
}
