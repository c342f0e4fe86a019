#include "cli/run_lane.h"

#include <stdlib.h>
#include <string.h>

#include "cli/sync_parts.h"
#include "cli/sync_run.h"
#include "cli/sync_say.h"
#include "engine/apply.h"
#include "engine/lane.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/random.h"
#include "zfs/ops.h"

struct run_lane {
	struct charges *all;
	char *host, *here, *there; /* pools */
	pthread_t thread;
	bool over;    /* its thread has nothing more to do; under the lock */
	bool working; /* it may be in its host; the same */
	/* The thread's own. */
	char *told;        /* why its host could not be asked; NULL: it could */
	unsigned failures; /* of that, in a row */
};

/* One try of one round, for the charges of a lane that were due. */
struct round {
	struct run_lane *lane;
	struct charge **items;
	size_t n;
	uint64_t begun;
	bool light;
	bool last; /* the last try */
	struct outcome {
		enum pace_outcome what;
		struct err *error;
		struct strv notes;
		uint64_t bytes;
		double seconds;
		bool any; /* a job was its */
	} * outcomes;     /* by charge */
};

/* --- what came of it --- */

/* The charge of a job: that dataset, or the tree that it is in; r->n: none. */
static size_t charge_of(const struct round *r, const char *name)
{
	struct charge *const *found = charges_named(r->items, r->n, name);

	for (char *above = name_parent(name), *next; above != NULL; above = next) {
		struct charge *const *tree =
		    found == NULL ? charges_named(r->items, r->n, above) : NULL;
		if (tree != NULL && (*tree)->recursive)
			found = tree;
		next = name_parent(above);
		free(above);
	}
	return found != NULL ? (size_t)(found - r->items) : r->n;
}

static void note(struct round *r, const struct job *j, struct task *t)
{
	size_t i = charge_of(r, j->name);

	if (i == r->n)
		return;
	struct outcome *o = &r->outcomes[i];
	o->any = true;
	for (size_t k = 0; k < t->notes.n; k++)
		strv_add(&o->notes, t->notes.items[k]);
	o->bytes += atomic_load(&t->meter.bytes);
	o->seconds = t->seconds > o->seconds ? t->seconds : o->seconds;
	if (t->error != NULL && o->error == NULL)
		o->error = err_copy(t->error);
	if (t->error == NULL && !t->plan.unchanged)
		o->what = PACE_SENT;
}

/* What was sent, for whoever wants to know (-v). */
static void say_sent(const struct round *r, const struct sync_state *y, const struct job *j,
		     const struct task *t)
{
	struct charges *s = r->lane->all;

	if (t->error != NULL || t->plan.unchanged || !y->c->ui.verbose)
		return;
	if (s->log == LOG_TO_PEOPLE) {
		sync_say(y, t, j);
		return;
	}
	char bytes[NUM_TEXT];
	uint64_t n = atomic_load(&t->meter.bytes);
	char *text = str_fmt("%s: @%s, %s", j->name, t->plan.base, num_bytes(bytes, n));
	charges_say(s, NULL,
		    (struct log_event){.event = "sent",
				       .dataset = j->name,
				       .peer = r->lane->host,
				       .text = text,
				       .snapshot = t->plan.base,
				       .bytes = n,
				       .seconds = t->seconds});
	free(text);
}

static void finish_tasks(struct round *r, struct sync_state *y, struct task *tasks)
{
	for (size_t i = 0; i < y->w.n; i++) {
		note(r, &y->w.jobs[i], &tasks[i]);
		say_sent(r, y, &y->w.jobs[i], &tasks[i]);
	}
	ui_flush(&y->c->ui);
	/* Each try, since the hook event hears of what lasts, too; but not of a line that was broken while it was idle. */
	if (r->last || !ctx_is_lost(y->c, r->lane->host))
		outcome_store(&y->w, tasks);
	for (size_t i = 0; i < y->w.n; i++) {
		err_free(tasks[i].error);
		plan_free(&tasks[i].plan);
		strv_free(&tasks[i].notes);
	}
	free(tasks);
}

static void forget_outcomes(struct round *r)
{
	for (size_t i = 0; i < r->n; i++) {
		err_free(r->outcomes[i].error);
		strv_free(&r->outcomes[i].notes);
		r->outcomes[i] = (struct outcome){.what = PACE_UNCHANGED};
	}
}

/* --- one try --- */

/* Of what is fetched: what its source says of itself. False: nothing has changed of any of them. */
static struct err *look_there(struct round *r, bool *any)
{
	struct charges *s = r->lane->all;
	struct host *h;
	struct err *e = ctx_host(s->c, r->lane->host, &h);

	*any = true;
	if (e != NULL)
		return e;
	struct err *lacks = host_lacks(h, OP_WRITTEN);
	bool can = lacks == NULL;
	err_free(lacks);
	if (!can)
		return NULL;
	if ((e = charges_see(s->c, h, r->items, r->n, false, true)) != NULL)
		return e;
	*any = false;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < r->n; i++) {
		struct charge *c = r->items[i];
		bool must = pace_next(&c->pace, false, clock_ms()) == PACE_SYNC;
		*any = *any || must || pace_changed(&c->pace, &c->seen);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void sync_them(struct round *r)
{
	struct charges *s = r->lane->all;
	struct lanes one;
	struct sync_state y = {.c = s->c, .pull = s->pull, .all = true};
	struct strv names = {0}, hosts = {0}, fss = {0};

	lanes_init(&one, 1, apply_parallel(s->c));
	lane_begin(&one.items[0]);
	sync_prepare(&y);
	y.silent = y.w.gather_notes = true;
	y.opts.light = r->light;
	if (r->light) { /* what has changed of these can wait as well */
		y.trees &= ~(unsigned)LIST_SETTINGS;
		y.w.peer_flags &= ~(unsigned)LIST_SETTINGS;
	}
	y.w.lane = &one.items[0];
	for (size_t i = 0; i < r->n; i++) {
		strv_add(&names, r->items[i]->name);
		strv_add(&hosts, r->items[i]->host);
		strv_add(&fss, r->items[i]->fs);
	}
	struct err *e = sync_open(&y, &names, &hosts, &fss);
	if (e == NULL)
		finish_tasks(r, &y, sync_act(&y));
	for (size_t i = 0; i < r->n && e != NULL; i++)
		r->outcomes[i].error = err_first(r->outcomes[i].error, err_copy(e));
	err_free(e);
	observe_release(&y.w);
	session_free(&y.w);
	strv_free(&y.adopted);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	lanes_free(&one);
}

/* Has the connection that it went by failed? Then it is hung up on, and the next round has another. */
static bool is_line_broken(const struct round *r)
{
	struct ctx *c = r->lane->all->c;
	bool failed = false;

	for (size_t i = 0; i < r->n; i++)
		failed = failed || r->outcomes[i].error != NULL;
	return failed && ctx_drop_lost(c, r->lane->host);
}

/* --- what is said of it --- */

static void say_failure(struct charges *s, struct charge *c, const struct err *e)
{
	if (charge_knows(c, e))
		return;
	free(c->told);
	c->told = mem_strdup(e->what);
	c->told_reason = e->reason;
	charges_say(s, c, (struct log_event){.event = "failed", .error = e});
}

/* Somebody else has had it for so long that it is told. Milliseconds. */
#define BUSY_TELL 60000u

static void say_busy(struct charges *s, struct charge *c, const struct err *e, uint64_t now)
{
	if (c->busy_since == 0)
		c->busy_since = now;
	if (now < c->busy_since + BUSY_TELL)
		return;
	if (c->told == NULL)
		c->failed_since = c->busy_since;
	say_failure(s, c, e);
}

static void say_well(struct charges *s, struct charge *c)
{
	char text[NUM_TEXT];

	if (c->told == NULL)
		return;
	char *said = str_fmt("%s: synced again, after %s", c->name,
			     num_seconds(text, (clock_ms() - c->failed_since) / 1000));
	charges_say(s, c, (struct log_event){.event = "recovered", .text = said});
	free(said);
	free(c->told);
	c->told = NULL;
}

/* Each once, and again when they were others in between. */
static void say_notes(struct charges *s, struct charge *c, const struct strv *notes)
{
	struct buf all = {0};

	for (size_t i = 0; i < notes->n; i++)
		buf_addf(&all, "%s\n", notes->items[i]);
	for (size_t i = 0; i < notes->n && !str_same(c->noted, buf_str(&all)); i++)
		charges_say(s, c, (struct log_event){.event = "note", .text = notes->items[i]});
	free(c->noted);
	c->noted = mem_strdup(buf_str(&all));
	buf_free(&all);
}

static void say_back(const struct run_lane *l)
{
	char *text = str_fmt("%s: can be asked again", l->host);

	charges_say(l->all, NULL,
		    (struct log_event){.event = "reachable", .peer = l->host, .text = text});
	free(text);
}

/* A host that is away is one failure, and not one for each of its datasets. */
static bool say_away(struct run_lane *l, struct round *r)
{
	struct err *away = NULL;

	for (size_t i = 0; i < r->n; i++)
		if (r->outcomes[i].error != NULL && r->outcomes[i].error->kind == ERR_UNREACHABLE &&
		    away == NULL)
			away = r->outcomes[i].error;
	bool reached = false;
	for (size_t i = 0; i < r->n; i++)
		reached = reached || (r->outcomes[i].any && r->outcomes[i].error == NULL);
	if (away == NULL && !reached) /* nobody has asked it */
		return false;
	if (away == NULL) {
		if (l->told != NULL)
			say_back(l);
		free(l->told);
		l->told = NULL;
		l->failures = 0;
		return false;
	}
	l->failures++;
	if (l->told == NULL) {
		struct err *e = err_copy(away);
		err_wrap(e, "%zu dataset%s cannot be synced", r->n, r->n == 1 ? "" : "s");
		charges_say(
		    l->all, NULL,
		    (struct log_event){.event = "unreachable", .peer = l->host, .error = e});
		err_free(e);
		l->told = mem_strdup(away->what);
	}
	return true;
}

static enum pace_outcome outcome_of(const struct outcome *o)
{
	if (o->error == NULL)
		return o->any ? o->what : PACE_LEFT_OUT;
	return o->error->kind == ERR_BUSY || err_is(o->error, REASON_INTERRUPTED) ? PACE_BUSY
										  : PACE_FAILED;
}

static void count(struct metrics_counters *n, enum pace_outcome what, const struct outcome *o)
{
	n->rounds++;
	if (what == PACE_FAILED)
		n->errors[o->error->reason]++;
	if (what != PACE_SENT)
		return;
	n->syncs++;
	n->bytes += o->bytes;
	n->last_bytes = o->bytes;
	n->last_seconds = o->seconds;
}

/* The lock is not held. */
static void settle(struct run_lane *l, struct round *r)
{
	struct charges *s = l->all;
	bool away = say_away(l, r);
	uint64_t now = clock_ms(), random = random_u64();

	for (size_t i = 0; i < r->n; i++) {
		struct charge *c = r->items[i];
		struct outcome *o = &r->outcomes[i];
		enum pace_outcome what = outcome_of(o);
		bool unreachable = o->error != NULL && o->error->kind == ERR_UNREACHABLE;
		if (what == PACE_FAILED && c->pace.failures == 0)
			c->failed_since = now;
		if (what == PACE_BUSY && o->error->kind == ERR_BUSY)
			say_busy(s, c, o->error, now);
		else
			c->busy_since = 0;
		if (what == PACE_FAILED && !unreachable)
			say_failure(s, c, o->error);
		else if (what == PACE_SENT || what == PACE_UNCHANGED)
			say_well(s, c);
		say_notes(s, c, &o->notes);
		pthread_mutex_lock(&s->lock);
		count(&c->counts, what, o);
		/* All that wait for one host try it at one time. */
		pace_ended(&c->pace, what, r->light, r->begun, &c->seen, now, random);
		if (away && unreachable)
			c->pace.retry = now + pace_put_off(l->failures, random);
		pthread_mutex_unlock(&s->lock);
	}
}

static void do_round(struct run_lane *l, struct charge **items, size_t n)
{
	struct round r = {.lane = l, .items = items, .n = n, .begun = clock_ms()};
	bool any = true;

	/* What is due for more is done for all. */
	r.light = true;
	for (size_t i = 0; i < n; i++)
		r.light = r.light && pace_is_light(&items[i]->pace, r.begun);
	r.outcomes = mem_zalloc(n * sizeof(*r.outcomes));
	/* Broken while it was idle, perhaps: that is no news of the host. */
	(void)ctx_drop_lost(l->all->c, l->host);
	for (int attempt = 0; attempt < 2; attempt++) {
		forget_outcomes(&r);
		r.last = attempt == 1;
		struct err *e = l->all->pull ? look_there(&r, &any) : NULL;
		/* Of one that is away, nothing is locked while it is tried again. */
		struct host *h;
		if (e == NULL && l->failures > 0)
			e = ctx_host(l->all->c, l->host, &h);
		for (size_t i = 0; i < n && e != NULL; i++)
			r.outcomes[i].error = err_copy(e);
		if (e == NULL && any)
			sync_them(&r);
		err_free(e);
		if (!is_line_broken(&r) || cancelled(l->all->c->cancel))
			break;
	}
	if (any && !cancelled(l->all->c->cancel))
		settle(l, &r);
	for (size_t i = 0; i < n; i++) {
		err_free(r.outcomes[i].error);
		strv_free(&r.outcomes[i].notes);
	}
	free(r.outcomes);
}

/* --- the thread --- */

/* So many at a time: what was written does not wait for hundreds that are only looked at. */
#define ROUND_MOST 64u

/* Those that are due, in the order of their names: first those of which it was seen that something has changed. The others
 * stay due. Lock held. */
static size_t take_due(struct run_lane *l, struct charge ***out, bool *any)
{
	struct charges *s = l->all;
	size_t n = 0;

	*any = false;
	*out = mem_array(NULL, s->n + 1, sizeof(**out));
	for (int changed = 1; changed >= 0; changed--)
		for (size_t i = 0; i < s->n; i++) {
			struct charge *c = s->items[i];
			*any = *any || c->lane == l;
			if (c->lane != l || !c->due || n >= ROUND_MOST || c->written != changed)
				continue;
			c->due = false;
			c->working = true;
			(*out)[n++] = c;
		}
	charges_sort(*out, n);
	return n;
}

static void *work(void *arg)
{
	struct run_lane *l = arg;
	struct charges *s = l->all;
	bool any = true;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && any) {
		struct charge **items;
		size_t n = take_due(l, &items, &any);
		if (n > 0) {
			s->working++;
			l->working = true;
			pthread_mutex_unlock(&s->lock);
			do_round(l, items, n);
			pthread_mutex_lock(&s->lock);
			s->working--;
			l->working = false;
			for (size_t i = 0; i < n; i++)
				items[i]->working = false;
		} else if (any) {
			pthread_cond_wait(&s->changed, &s->lock);
		}
		free(items);
	}
	l->over = true;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static bool is_its(const struct run_lane *l, const struct charge *c)
{
	return !l->over && strcmp(l->host, c->host) == 0 && name_same_pool(l->here, c->name) &&
	       name_same_pool(l->there, c->fs);
}

static struct run_lane *begin(struct charges *s, const struct charge *c)
{
	struct run_lane *l = mem_zalloc(sizeof(*l));

	*l = (struct run_lane){.all = s,
			       .host = mem_strdup(c->host),
			       .here = name_pool(c->name),
			       .there = name_pool(c->fs)};
	if (pthread_create(&l->thread, NULL, work, l) != 0) { /* at the next look, perhaps */
		free(l->host);
		free(l->here);
		free(l->there);
		free(l);
		return NULL;
	}
	s->lanes = mem_array(s->lanes, s->n_lanes + 1, sizeof(struct run_lane *));
	s->lanes[s->n_lanes++] = l;
	return l;
}

/* The lock is not held, or its thread has ended. */
static void lane_free(struct run_lane *l)
{
	pthread_join(l->thread, NULL);
	free(l->host);
	free(l->here);
	free(l->there);
	free(l->told);
	free(l);
}

void lanes_divide(struct charges *s)
{
	size_t left = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n; i++) {
		struct charge *c = s->items[i];
		for (size_t k = 0; k < s->n_lanes && c->lane == NULL; k++)
			if (is_its(s->lanes[k], c))
				c->lane = s->lanes[k];
		if (c->lane == NULL)
			c->lane = begin(s, c);
	}
	/* One that nothing is left for ends when it is told. */
	pthread_cond_broadcast(&s->changed);
	for (size_t k = 0; k < s->n_lanes; k++) {
		if (s->lanes[k]->over)
			lane_free(s->lanes[k]);
		else
			s->lanes[left++] = s->lanes[k];
	}
	s->n_lanes = left;
	pthread_mutex_unlock(&s->lock);
}

void lanes_in_use(struct charges *s, struct strv *hosts)
{
	pthread_mutex_lock(&s->lock);
	for (size_t k = 0; k < s->n_lanes; k++)
		if (s->lanes[k]->working)
			strv_add(hosts, s->lanes[k]->host);
	pthread_mutex_unlock(&s->lock);
}

void lanes_end(struct charges *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	for (size_t k = 0; k < s->n_lanes; k++)
		lane_free(s->lanes[k]);
	free(s->lanes);
	s->lanes = NULL;
	s->n_lanes = 0;
}
