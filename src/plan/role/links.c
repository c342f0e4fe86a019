#include "plan/role/links.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/role/host_names.h"
#include "state/dataset.h"
#include "state/links.h"
#include "state/schema.h"
#include "util/mem.h"
#include "util/remedy.h"

bool plan_leads(const struct dataset *d)
{
	bool sends = d->role == ROLE_MASTER;

	if (d->cascade || d->role == ROLE_REPLICA)
		return false;
	for (size_t i = 0; i < d->n_others; i++)
		sends = sends || d->others[i].role == ROLE_MASTER;
	return sends;
}

/* --- told --- */

static bool is_whole(const struct other_tag *o)
{
	return o->role == ROLE_MASTER || (o->role == ROLE_REPLICA && !o->received);
}

void plan_tell_links(const struct pair *pair, nvlist_t *props)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	struct links l = {0};

	for (size_t i = 0; i < s->n_others; i++) {
		const struct other_tag *o = &s->others[i];
		bool up = o->role == ROLE_REPLICA;
		const char *host = up ? o->src_host : o->dest_host,
			   *fs = up ? o->src_fs : o->dest_fs;
		if (is_whole(o) && name_is_host(host) && name_is_dataset(fs))
			links_add(&l, o->tag, up, host, fs);
	}
	char *text = links_print(&l);
	if (!str_same(text, d->links_text) && (text != NULL || d->links_text != NULL))
		plan_prop(props, pair->tag, "others", text);
	free(text);
	links_free(&l);
}

/* --- gone on with --- */

static const struct other_tag *other_of(const struct dataset *d, const char *tag)
{
	for (size_t i = 0; i < d->n_others; i++)
		if (strcmp(d->others[i].tag, tag) == 0)
			return &d->others[i];
	return NULL;
}

/* Does the other end of the link stand on the host of `me`, as the same dataset? */
static bool is_itself(const struct endpoint *me, const struct link *l)
{
	return strcmp(l->fs, me->d->name) == 0 &&
	       (name_names_host(l->host, me->host_name) ||
		(me->self != NULL && name_names_host(l->host, me->self)) ||
		(me->d->dest_host != NULL && strcmp(l->host, me->d->dest_host) == 0));
}

/* What makes it the master of a link under that tag, to there. */
static void send_under(nvlist_t *props, const char *tag, const char *own_host, const char *name,
		       const char *host, const char *fs, uint64_t epoch)
{
	plan_prop(props, tag, "src-host", own_host);
	plan_prop(props, tag, "src-fs", name);
	plan_prop(props, tag, "dest-host", host);
	plan_prop(props, tag, "dest-fs", fs);
	plan_prop(props, tag, "master", "yes");
	plan_prop_u64(props, tag, "epoch", epoch);
}

void plan_adopt_links(const struct pair *pair, uint64_t epoch, uint64_t fork, struct step *decision,
		      struct plan *out)
{
	const struct endpoint *me = &pair->dst;
	const struct dataset *d = me->d;

	assert(d != NULL);
	if (d->role != ROLE_REPLICA)
		return;
	char *host = plan_own_host(me);
	for (size_t i = 0; i < d->links.n; i++) {
		const struct link *l = &d->links.items[i];
		const struct other_tag *has = other_of(d, l->tag);
		if (l->up || is_itself(me, l) || strcmp(l->tag, pair->tag) == 0 ||
		    (has != NULL && has->role != ROLE_NONE))
			continue;
		send_under(decision->props, l->tag, host, d->name, l->host, l->fs, epoch);
		plan_prop_u64(decision->props, l->tag, "fork", fork);
		plan_prop_u64(decision->props, l->tag, "since", pair->now);
		plan_prop(decision->expect, l->tag, "src-fs", NULL);
		strv_addf(&out->done,
			  "%s on %s takes over from %s the pair with %s on %s (tag %s): the next "
			  "sync makes that replica follow",
			  d->name, me->host_name, d->src_host, l->fs, l->host, l->tag);
	}
	free(host);
}

/* --- given up, or turned --- */

bool plan_same_place(const char *host, const char *fs, const char *host2, const char *fs2)
{
	return host != NULL && host2 != NULL && str_same(fs, fs2) &&
	       name_same_host(name_host_part(host), name_host_part(host2));
}

bool plan_is_end(const struct endpoint *e, const char *host, const char *fs)
{
	return host != NULL && e->d != NULL && str_same(fs, e->d->name) &&
	       (name_names_host(host, e->host_name) ||
		(e->self != NULL && name_names_host(host, e->self)));
}

static void forget(nvlist_t *props, const char *tag)
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (schema[i].on == BEARS_DATASET && !schema[i].stays)
			plan_prop(props, tag, schema[i].name, NULL);
}

void plan_hand_on_links(const struct pair *pair, enum pair_side at, uint64_t epoch, nvlist_t *props)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d != NULL ? me->d : me->preserved, *w = other->d;

	if (w == NULL || !w->master)
		return;
	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i], *its = other_of(w, o->tag);
		bool it_sends = its != NULL && its->role == ROLE_MASTER;
		bool sends = o->role == ROLE_MASTER;
		/* Adopted by what it was told once; to who is above its master nothing is sent. */
		bool to_above =
		    sends && its != NULL && its->role == ROLE_REPLICA &&
		    plan_same_place(o->dest_host, o->dest_fs, its->src_host, its->src_fs);
		bool to_master = sends && plan_is_end(other, o->dest_host, o->dest_fs) &&
				 !(its != NULL && its->role == ROLE_REPLICA);
		if (to_above || to_master)
			forget(props, o->tag);
		else if ((sends || o->role == ROLE_REPLICA) && it_sends &&
			 plan_same_place(sends ? o->dest_host : o->src_host,
					 sends ? o->dest_fs : o->src_fs, its->dest_host,
					 its->dest_fs))
			forget(props, o->tag);
		else if (o->role == ROLE_REPLICA && plan_leads(w) &&
			 !plan_is_end(other, o->src_host, o->src_fs)) {
			send_under(props, o->tag, o->dest_host, me->name, o->src_host, o->src_fs,
				   epoch);
			/* Its readonly is noted under the tag by which it follows now. */
			plan_prop(props, o->tag, "readonly", NULL);
		}
	}
}

/* Under which other tag than the pair's does `w` send to `l`, which leads under that as well? NULL: none. */
static const struct other_tag *adopted(const struct endpoint *w, const struct endpoint *l)
{
	for (size_t i = 0; w->d->master && l->d->master && i < w->d->n_others; i++) {
		const struct other_tag *o = &w->d->others[i], *its = other_of(l->d, o->tag);
		if (o->role == ROLE_MASTER && plan_is_end(l, o->dest_host, o->dest_fs) &&
		    its != NULL && its->role == ROLE_MASTER)
			return o;
	}
	return NULL;
}

char *plan_back_by(const struct pair *p, enum pair_side from, const char *force)
{
	const struct endpoint *w = pair_end(p, from), *l = pair_end(p, pair_other(from));
	const struct other_tag *o = w->d != NULL && l->d != NULL ? adopted(w, l) : NULL;

	if (o == NULL)
		return NULL;
	const struct other_tag *its = other_of(l->d, o->tag);
	const char *loser = l->d->name, *winner = w->d->name;
	const char *host = plan_is_end(w, l->d->dest_host, l->d->dest_fs) ? l->d->dest_host
			   : w->self != NULL                              ? w->self
									  : w->host_name;
	if (!name_is_host(host))
		return NULL;
	if (plan_is_end(w, its->dest_host, its->dest_fs))
		return remedy_fmt("on %s, {zrep -t %s rejoin }%s{%s}", l->host_name, o->tag, force,
				  loser);
	return remedy_fmt(
	    "on %s, {zrep -t %s changeconfig %s %s %s}; then {zrep -t %s rejoin }%s{%s}",
	    l->host_name, o->tag, loser, host, winner, o->tag, force, loser);
}

bool plan_rejoin_by(const struct pair *p, enum pair_side from, struct err *e)
{
	const struct endpoint *w = pair_end(p, from), *l = pair_end(p, pair_other(from));

	if (w->d == NULL || l->d == NULL || w->d->epoch < l->d->epoch ||
	    plan_is_end(l, w->d->dest_host, w->d->dest_fs))
		return false;
	char *back = plan_back_by(p, from, w->d->epoch == l->d->epoch ? "--force " : "");
	if (back == NULL)
		return false;
	err_remedy(e,
		   "it has taken over the pair of tag %s, which leads from there to here; to "
		   "come back by that, keeping what only this side has: %s",
		   adopted(w, l)->tag, back);
	free(back);
	return true;
}

const struct other_tag *plan_sent_beside(const struct pair *p, enum pair_side from)
{
	const struct endpoint *w = pair_end(p, from), *l = pair_end(p, pair_other(from));
	const struct other_tag *o = adopted(w, l);
	const struct other_tag *its = o != NULL ? other_of(l->d, o->tag) : NULL;

	return o == NULL || plan_is_end(w, its->dest_host, its->dest_fs) ? NULL : o;
}

const struct other_tag *plan_feeds(const struct pair *p, enum pair_side from)
{
	const struct endpoint *w = pair_end(p, from), *l = pair_end(p, pair_other(from));

	for (size_t i = 0; i < l->d->n_others; i++) {
		const struct other_tag *o = &l->d->others[i], *its = other_of(w->d, o->tag);
		if (o->role == ROLE_REPLICA && !o->received && its != NULL &&
		    its->role == ROLE_MASTER && plan_is_end(w, o->src_host, o->src_fs))
			return o;
	}
	return NULL;
}

/* --- come over to --- */

const struct other_tag *plan_comes_over(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	const struct other_tag *from = NULL;

	if (s == NULL || d == NULL || d->role != ROLE_NONE || p->dst.preserved != NULL ||
	    s->role != ROLE_MASTER || !plan_leads(s) || s->switch_state.kind != SWITCH_NONE ||
	    s->epoch < d->epoch || !d->readonly ||
	    !plan_is_end(&p->dst, s->dest_host, s->dest_fs) || !dataset_one_set(s, d) ||
	    dataset_return(d, s) == NULL)
		return NULL;
	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		if (o->switch_state.kind != SWITCH_NONE || o->role == ROLE_BROKEN || o->received)
			return NULL;
		/* One that it has from here is its link to here. */
		if (o->role == ROLE_REPLICA &&
		    (from != NULL || plan_is_end(&p->src, o->src_host, o->src_fs)))
			return NULL;
		if (o->role == ROLE_REPLICA)
			from = o;
	}
	return from;
}

/* --- followed --- */

bool plan_follows(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	return s != NULL && d != NULL && s->role == ROLE_MASTER && d->role == ROLE_REPLICA &&
	       !d->copy && s->switch_state.kind == SWITCH_NONE &&
	       d->switch_state.kind == SWITCH_NONE && str_same(s->dest_fs, d->name) &&
	       s->epoch > d->epoch && !(str_same(d->src_fs, s->src_fs) && plan_names_source(p));
}

bool plan_sends_up(const struct pair *p, const struct other_tag *o)
{
	const struct dataset *s = p->src.d;

	if (s == NULL || !plan_leads(s) || o->role != ROLE_MASTER ||
	    !plan_is_end(&p->src, o->dest_host, o->dest_fs))
		return false;
	const struct other_tag *its = other_of(s, o->tag);
	return its == NULL || its->role != ROLE_REPLICA;
}

void plan_be_known(const struct pair *p, nvlist_t *props)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s->peer_guid != 0 && !dataset_was(d, s->peer_guid))
		plan_prop_u64(props, p->tag, "former-guid", s->peer_guid);
}

void plan_follow(const struct pair *p, struct plan *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (!plan_follows(p))
		return;
	struct step *turn = plan_add(out, STEP_SET, PHASE_DECLARE, PAIR_DST, d->name);
	turn->props = nv_new();
	plan_prop(turn->props, p->tag, "src-host", s->src_host);
	plan_prop(turn->props, p->tag, "src-fs", s->src_fs);
	/* What it knows of its former source; the sync stores who this one is. */
	if (d->link.nonce != 0)
		plan_prop(turn->props, p->tag, "link", NULL);
	if (d->peer_guid != 0)
		plan_prop(turn->props, p->tag, "peer-guid", NULL);
	plan_be_known(p, turn->props);
	for (size_t i = 0; i < d->n_others; i++)
		if (plan_sends_up(p, &d->others[i]))
			forget(turn->props, d->others[i].tag);
	plan_expect(turn, p->tag, d, "switch epoch master src-host src-fs");
	strv_addf(
	    &out->done,
	    "%s on %s follows %s on %s now, the master of epoch %" PRIu64 ", and not %s on %s",
	    d->name, p->dst.host_name, s->name, p->src.host_name, s->epoch, d->src_fs, d->src_host);
}
