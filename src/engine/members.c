#include "engine/members.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batches.h"
#include "plan/role/better.h"
#include "plan/role/links.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "zfs/ops.h"

/* In an emergency nobody waits longer for who is probably dead; nor, with a master that is there, for who is none of the pair. */
#define PATIENCE_SECONDS 10u
#define PATIENCE_LED_SECONDS 5u

/* A host, and what was asked for there. */
struct place {
	struct ctx *c;
	const char *host;
	unsigned flags;
	struct strv names;
	struct side side;
	pthread_t thread;
	bool running;
	bool in_use; /* the session is connected to it, and goes on being so */
};

struct places {
	struct ctx *c;
	unsigned
	    patience; /* seconds, for who says nothing; 0: as for anybody, and the connections are kept */
	unsigned flags; /* of the listings */
	struct place *items;
	size_t n;
};

static struct place *find(struct places *all, const char *host)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->items[i].host, host) == 0)
			return &all->items[i];
	return NULL;
}

/* Calls `fn` for each member that a dataset knows beside its source, which is not to be asked: whom that sends to as well,
 * and whom the dataset sends to. */
static void each_member(const struct dataset *d, void (*fn)(void *, const struct member *),
			void *arg)
{
	for (size_t i = 0; i < d->links.n; i++) {
		const struct member told = {.tag = d->links.items[i].tag,
					    .host = d->links.items[i].host,
					    .fs = d->links.items[i].fs};
		fn(arg, &told);
	}
	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		const struct member below = {.tag = o->tag, .host = o->dest_host, .fs = o->dest_fs};
		if (o->role == ROLE_MASTER)
			fn(arg, &below);
	}
}

static bool is_sound(const struct member *m)
{
	return m->host != NULL && m->fs != NULL && name_is_host(m->host) && name_is_dataset(m->fs);
}

/* This host has several names, and may have other members. */
static const char *asked_as(const struct places *all, const char *host)
{
	return ctx_is_self(all->c, host) ? host_name(all->c->local) : host;
}

static void add_place(void *arg, const struct member *m)
{
	struct places *all = arg;

	if (!is_sound(m))
		return;
	const char *host = asked_as(all, m->host);
	struct place *p = find(all, host);
	if (p == NULL) {
		all->items = mem_array(all->items, all->n + 1, sizeof(*all->items));
		p = &all->items[all->n++];
		*p = (struct place){.c = all->c, .host = host, .flags = all->flags};
	}
	if (!strv_has(&p->names, m->fs))
		strv_add(&p->names, m->fs);
}

/* What goes wrong means that it is not reached. */
static void *look(void *arg)
{
	struct place *p = arg;
	struct host *host;
	struct err *e = ctx_host(p->c, p->host, &host);

	if (e == NULL)
		e = ctx_list(p->c, host, &p->names, p->flags, &p->side);
	err_free(e);
	return NULL;
}

/* As many at a time as any command has hosts at a time. */
static void look_all(struct places *all)
{
	unsigned timeout = all->c->timeout;

	if (all->patience != 0 && timeout > all->patience)
		all->c->timeout = all->patience;
	if (all->patience != 0) /* a member may be in another pool here */
		host_set_timeout(all->c->local, all->c->timeout);
	for (size_t from = 0; from < all->n; from += BATCH_HOSTS) {
		size_t to = all->n - from < BATCH_HOSTS ? all->n : from + BATCH_HOSTS;
		for (size_t i = from; i < to; i++) {
			struct place *p = &all->items[i];
			p->running = pthread_create(&p->thread, NULL, look, p) == 0;
			if (!p->running) /* no thread is to be had: then one after the other */
				look(p);
		}
		for (size_t i = from; i < to; i++) {
			if (all->items[i].running)
				pthread_join(all->items[i].thread, NULL);
			if (!all->items[i].in_use &&
			    all->patience != 0) /* it was for a shorter time-out */
				ctx_drop(all->c, all->items[i].host);
		}
	}
	if (all->patience == 0)
		return;
	all->c->timeout = timeout;
	host_set_timeout(all->c->local, timeout);
}

struct found {
	struct places *all;
	struct member *members;
	size_t n;
};

static void add_found(void *arg, const struct member *m)
{
	struct found *f = arg;
	struct place *p = is_sound(m) ? find(f->all, asked_as(f->all, m->host)) : NULL;

	if (p == NULL)
		return;
	f->members = mem_array(f->members, f->n + 1, sizeof(*f->members));
	f->members[f->n] = *m;
	f->members[f->n++].d = side_find(&p->side, m->fs);
}

/* The dataset whose members are asked; NULL: of this job nobody is. */
typedef const struct dataset *asks_of(const struct job *j);
typedef void judges(struct session *s, struct job *j, const struct found *f);

/* What is asked of whom. Who does not answer is waited for once, by whatever number of questions. */
struct question {
	asks_of *asks;
	judges *judge;
};

static void judge_job(struct session *s, struct job *j, struct places *all,
		      const struct question *q)
{
	const struct dataset *d = q->asks(j);
	struct found f = {.all = all};

	if (d == NULL || j->error != NULL)
		return;
	each_member(d, add_found, &f);
	q->judge(s, j, &f);
	free(f.members);
}

static void check_all(struct session *s, struct places all, const struct question *q, size_t n)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < n; k++) {
			const struct dataset *d = q[k].asks(&s->jobs[i]);
			if (d != NULL && s->jobs[i].error == NULL)
				each_member(d, add_place, &all);
		}
	if (all.n == 0)
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct host *peer = job_peer(&s->jobs[i])->host;
		struct place *used = peer != NULL ? find(&all, host_name(peer)) : NULL;
		if (used != NULL)
			used->in_use = true;
	}
	look_all(&all);
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < n; k++)
			judge_job(s, &s->jobs[i], &all, &q[k]);
	for (size_t i = 0; i < all.n; i++) {
		strv_free(&all.items[i].names);
		side_free(&all.items[i].side);
	}
	free(all.items);
}

static const struct dataset *replica(const struct job *j)
{
	const struct dataset *d = job_home(j)->d;

	return d != NULL && d->role == ROLE_REPLICA ? d : NULL;
}

static void judge_better(struct session *s, struct job *j, const struct found *f)
{
	j->error = plan_check_better(session_pair(s, j), f->members, f->n);
}

void members_check(struct session *s)
{
	check_all(s,
		  (struct places){.c = s->c, .patience = PATIENCE_SECONDS, .flags = LIST_TXG_SYNC},
		  &(struct question){replica, judge_better}, 1);
}

/* From the replica's host too its master's own words are the newest. A tree goes by its top. What is to become the master (the
 * destination) may be that already. */
static bool leads_at(const struct job *j, enum pair_side *at)
{
	for (*at = PAIR_SRC; !j->tree_member && *at <= PAIR_DST; (*at)++) {
		const struct dataset *d = job_end(j, *at)->d;
		if (d != NULL && d->master && plan_leads(d))
			return true;
	}
	return false;
}

static const struct dataset *leader(const struct job *j)
{
	enum pair_side at;

	return leads_at(j, &at) ? job_end(j, at)->d : NULL;
}

static void set_led(struct session *s, struct job *j, const struct found *f, enum pair_side at)
{
	err_free(j->led);
	j->led = NULL;
	j->led = plan_check_led(session_pair(s, j), at, f->members, f->n);
}

static void judge_led(struct session *s, struct job *j, const struct found *f)
{
	enum pair_side at;

	if (leads_at(j, &at))
		set_led(s, j, f, at);
}

/* Neither end leads: whoever one of them sends to may do so. Both are asked what they know. */
static const struct dataset *unled(const struct job *j, enum pair_side at)
{
	for (enum pair_side k = PAIR_SRC; k <= PAIR_DST; k++)
		if (job_end(j, k)->d == NULL || job_end(j, k)->d->role != ROLE_REPLICA)
			return NULL;
	return j->tree_member || j->led != NULL ? NULL : job_end(j, at)->d;
}

static const struct dataset *unled_src(const struct job *j)
{
	return unled(j, PAIR_SRC);
}

static const struct dataset *unled_dst(const struct job *j)
{
	return unled(j, PAIR_DST);
}

static void judge_unled_src(struct session *s, struct job *j, const struct found *f)
{
	j->led = plan_check_unled(session_pair(s, j), PAIR_SRC, f->members, f->n);
}

static void judge_unled_dst(struct session *s, struct job *j, const struct found *f)
{
	j->led = plan_check_unled(session_pair(s, j), PAIR_DST, f->members, f->n);
}

void members_check_led(struct session *s)
{
	static const struct question questions[] = {
	    {unled_src, judge_unled_src}, {unled_dst, judge_unled_dst}, {leader, judge_led}};

	check_all(s, (struct places){.c = s->c, .patience = PATIENCE_LED_SECONDS}, questions,
		  ARRAY_LEN(questions));
}

/* The end that has made way, or is about to, and was asked about by nobody yet. */
static bool made_way(const struct job *j, enum pair_side *at)
{
	for (*at = PAIR_SRC; *at <= PAIR_DST; (*at)++) {
		const struct dataset *d = job_end(j, *at)->d;
		if (d != NULL && d->master && plan_leads(d) && j->led == NULL &&
		    (d->switch_state.kind == SWITCH_DEMOTING ||
		     d->switch_state.kind == SWITCH_RESTING))
			return true;
	}
	return false;
}

static const struct dataset *closed(const struct job *j)
{
	enum pair_side at;

	return made_way(j, &at) ? job_end(j, at)->d : NULL;
}

static void judge_closed(struct session *s, struct job *j, const struct found *f)
{
	enum pair_side at;

	if (made_way(j, &at))
		set_led(s, j, f, at);
}

void members_check_closed(struct session *s)
{
	/* Others may be at work beside it, with the same connections. */
	unsigned patience = s->lane == NULL ? PATIENCE_LED_SECONDS : 0;

	if (!s->offline)
		check_all(s, (struct places){.c = s->c, .patience = patience},
			  &(struct question){closed, judge_closed}, 1);
}
