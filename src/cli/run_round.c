#include "cli/run_round.h"

#include <stdlib.h>
#include <string.h>

#include "cli/sync_parts.h"
#include "cli/sync_run.h"
#include "cli/sync_say.h"
#include "engine/apply.h"
#include "engine/lane.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/random.h"
#include "zfs/ops.h"

/* What has so much to send is not to hold up the others of its round: what there is comes in a second or two on a fast line. */
#define LARGE_BYTES (128u << 20)
/* What took so long the last time may do so again. Seconds. */
#define LARGE_SECONDS 5

/* One try of one round, for the charges of a lane that were due. */
struct round {
	struct route *to;
	unsigned parallel;
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
		bool any;   /* a job was its */
		bool large; /* it was left out, for what it has to send */
	} * outcomes;       /* by charge */
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

/* It was left out, for a round of its own. */
static void note_large(struct round *r, const char *name)
{
	size_t i = charge_of(r, name);

	if (i < r->n)
		r->outcomes[i].large = true;
}

/* What was sent, for whoever wants to know (-v). */
static void say_sent(const struct round *r, const struct sync_state *y, const struct job *j,
		     const struct task *t)
{
	struct charges *s = r->to->all;

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
				       .peer = r->to->host,
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
	if (r->last || !ctx_is_lost(y->c, r->to->host))
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
	struct charges *s = r->to->all;
	struct host *h;
	struct err *e = ctx_host(s->c, r->to->host, &h);

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
	struct charges *s = r->to->all;
	struct lanes one;
	struct sync_state y = {.c = s->c, .pull = s->pull, .all = true};
	struct strv names = {0}, hosts = {0}, fss = {0};

	lanes_init(&one, 1, r->parallel);
	lane_begin(&one.items[0]);
	sync_prepare(&y);
	y.silent = y.w.gather_notes = true;
	/* A replica that is missing for good would cost a list of its host at each retry, for the words of a refusal only. */
	y.w.no_search = true;
	y.w.teller = s->teller;
	y.opts.light = r->light;
	if (r->light) { /* what has changed of these can wait as well */
		y.trees &= ~(unsigned)LIST_SETTINGS;
		y.w.peer_flags &= ~(unsigned)LIST_SETTINGS;
	}
	y.w.lane = &one.items[0];
	y.most = r->n > 1 ? LARGE_BYTES : 0;
	for (size_t i = 0; i < r->n; i++) {
		strv_add(&names, r->items[i]->name);
		strv_add(&hosts, r->items[i]->host);
		strv_add(&fss, r->items[i]->fs);
	}
	struct err *e = sync_open(&y, &names, &hosts, &fss);
	for (size_t i = 0; i < y.large.n; i++)
		note_large(r, y.large.items[i]);
	if (e == NULL)
		finish_tasks(r, &y, sync_act(&y));
	for (size_t i = 0; i < r->n && e != NULL; i++)
		r->outcomes[i].error = err_first(r->outcomes[i].error, err_copy(e));
	err_free(e);
	observe_release(&y.w);
	session_free(&y.w);
	strv_free(&y.adopted);
	strv_free(&y.large);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	lanes_free(&one);
}

/* Of those whose other side could not be asked, which is not tried once more: that is stored and told here as a sync would. */
static void store_away(struct round *r, const struct err *why)
{
	struct charges *s = r->to->all;
	struct sync_state y = {.c = s->c, .pull = s->pull, .all = true};
	struct strv names = {0};

	sync_prepare(&y);
	y.w.teller = s->teller;
	for (size_t i = 0; i < r->n; i++)
		strv_add(&names, r->items[i]->name);
	struct err *e = session_open(s->c, &names, NULL, NULL, LIST_HALF, &y.w);
	struct task *tasks = mem_zalloc((y.w.n + 1) * sizeof(*tasks));
	for (size_t i = 0; i < y.w.n; i++) {
		struct job *j = &y.w.jobs[i];
		const struct dataset *d = job_home(j)->d;
		job_set_home(j, s->pull ? PAIR_DST : PAIR_SRC);
		session_pair(&y.w, j);
		/* Nobody's failure: as a sync passes it over. */
		j->wished = d != NULL && !s->pull && (d->paused || dataset_is_stray(d, s->c->self));
		tasks[i].error = err_copy(j->error != NULL ? j->error : why);
	}
	if (e == NULL)
		outcome_store(&y.w, tasks);
	for (size_t i = 0; i < y.w.n; i++)
		err_free(tasks[i].error);
	free(tasks);
	err_free(e); /* best effort: it is said, too */
	observe_release(&y.w);
	session_free(&y.w);
	strv_free(&names);
}

/* Has the connection that it went by failed? Then it is hung up on, and the next round has another. */
static bool is_line_broken(const struct round *r)
{
	struct ctx *c = r->to->all->c;
	bool failed = false;

	for (size_t i = 0; i < r->n; i++)
		failed = failed || r->outcomes[i].error != NULL;
	return failed && ctx_drop_lost(c, r->to->host);
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

static void say_back(const struct route *to)
{
	char *text = str_fmt("%s: can be asked again", to->host);

	charges_say(to->all, NULL,
		    (struct log_event){.event = "reachable", .peer = to->host, .text = text});
	free(text);
}

/* A host that is away is one failure, and not one for each of its datasets. */
static bool say_away(struct route *to, struct round *r)
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
		if (to->told != NULL)
			say_back(to);
		free(to->told);
		to->told = NULL;
		to->failures = 0;
		return false;
	}
	to->failures++;
	if (to->told == NULL) {
		struct err *e = err_copy(away);
		err_wrap(e, "%zu dataset%s cannot be synced", r->n, r->n == 1 ? "" : "s");
		charges_say(
		    to->all, NULL,
		    (struct log_event){.event = "unreachable", .peer = to->host, .error = e});
		err_free(e);
		to->told = mem_strdup(away->what);
	}
	return true;
}

static bool was_away(struct route *to)
{
	pthread_mutex_lock(&to->lock);
	bool away = to->failures > 0;
	pthread_mutex_unlock(&to->lock);
	return away;
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
static void settle(struct route *to, struct round *r)
{
	struct charges *s = to->all;
	pthread_mutex_lock(&to->lock);
	bool away = say_away(to, r);
	unsigned failures = to->failures;
	pthread_mutex_unlock(&to->lock);
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
		if (o->large || what == PACE_SENT || what == PACE_UNCHANGED)
			c->slow = o->large || o->seconds >= LARGE_SECONDS;
		c->due = c->due || o->large;
		if (away && unreachable)
			c->pace.retry = now + pace_put_off(failures, random);
		if (o->large)
			pthread_cond_broadcast(&s->changed);
		pthread_mutex_unlock(&s->lock);
	}
}

void round_run(struct route *to, struct charge **items, size_t n, unsigned parallel)
{
	struct round r = {
	    .to = to, .parallel = parallel, .items = items, .n = n, .begun = clock_ms()};
	bool any = true;

	/* What is due for more is done for all. */
	r.light = true;
	for (size_t i = 0; i < n; i++)
		r.light = r.light && pace_is_light(&items[i]->pace, r.begun);
	r.outcomes = mem_zalloc(n * sizeof(*r.outcomes));
	/* Broken while it was idle, perhaps: that is no news of the host. */
	(void)ctx_drop_lost(to->all->c, to->host);
	for (int attempt = 0; attempt < 2; attempt++) {
		forget_outcomes(&r);
		r.last = attempt == 1;
		struct err *e = to->all->pull ? look_there(&r, &any) : NULL;
		/* Of one that is away, nothing is locked while it is tried again. */
		struct host *h;
		if (e == NULL && was_away(to))
			e = ctx_host(to->all->c, to->host, &h);
		for (size_t i = 0; i < n && e != NULL; i++)
			r.outcomes[i].error = err_copy(e);
		if (e == NULL && any)
			sync_them(&r);
		else if (e != NULL && (r.last || !ctx_is_lost(to->all->c, to->host)))
			store_away(&r, e);
		err_free(e);
		if (!is_line_broken(&r) || cancelled(to->all->c->cancel))
			break;
	}
	if (any && !cancelled(to->all->c->cancel))
		settle(to, &r);
	for (size_t i = 0; i < n; i++) {
		err_free(r.outcomes[i].error);
		strv_free(&r.outcomes[i].notes);
	}
	free(r.outcomes);
}
