#include "cli/run_lane.h"

#include <stdlib.h>
#include <string.h>

#include "cli/run_round.h"
#include "engine/apply.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"

/* Threads of a lane: what takes long holds up neither what is due meanwhile, nor others that take long. The first is always there;
 * the others come and go. */
#define HANDS 4u
/* What is due does not wait longer for a round that is under way: it gets a hand of its own. Milliseconds. */
#define HELP_MS 2000u

struct hand {
	struct run_lane *lane;
	pthread_t thread;
	bool there;     /* to be joined */
	bool over;      /* it has nothing more to do */
	bool working;   /* it may be in its host */
	bool slow;      /* ... with what takes long */
	uint64_t since; /* ... since then */
};

/* Over all of it there is the lock of its charges, but for what never changes. */
struct run_lane {
	struct route to;
	char *here, *there; /* pools */
	struct hand hands[HANDS];
	bool over; /* the first hand is: nothing is left for it */
};

/* --- the threads --- */

/* So many at a time: what was written does not wait for hundreds that are only looked at. */
#define ROUND_MOST 64u

/* How many transfers at a time a hand may have, so that all together have no more than they may. Too few to be divided: one
 * hand does all. */
static unsigned parallel_of(const struct charges *s, bool first)
{
	unsigned all = apply_parallel(s->c), share = all / (2 * HANDS);

	if (share == 0)
		return first ? all : 0;
	return first ? all - (HANDS - 1) * share : share;
}

static bool is_due(const struct run_lane *l, const struct charge *c, bool slow)
{
	return c->lane == l && c->due && !c->working && c->slow == slow;
}

/* Hands of one process do not lock each other out: what is below a dataset that one is at, or above, is not another's. */
static bool is_in_hand(const struct charges *s, const struct charge *c)
{
	bool any = false;

	for (size_t i = 0; i < s->n && !any; i++)
		any = s->items[i]->working && (name_within(s->items[i]->name, c->name) ||
					       name_within(c->name, s->items[i]->name));
	return any;
}

static void take(struct charge *c, struct charge **out, size_t *n)
{
	c->due = false;
	c->working = true;
	out[(*n)++] = c;
}

/* What has much to send, and alone. */
static void take_slow(const struct run_lane *l, struct charge **out, size_t *n)
{
	struct charges *s = l->to.all;

	for (size_t i = 0; i < s->n && *n == 0; i++)
		if (is_due(l, s->items[i], true) && !is_in_hand(s, s->items[i]))
			take(s->items[i], out, n);
}

/* The others, in the order of their names: first those of which it was seen that something has changed. What is left stays
 * due. */
static void take_quick(const struct run_lane *l, struct charge **out, size_t *n)
{
	struct charges *s = l->to.all;

	for (int changed = 1; changed >= 0; changed--)
		for (size_t i = 0; i < s->n && *n < ROUND_MOST; i++)
			if (is_due(l, s->items[i], false) && s->items[i]->written == changed &&
			    !is_in_hand(s, s->items[i]))
				take(s->items[i], out, n);
	charges_sort(out, *n);
}

/* Lock held. */
static size_t take_due(struct hand *h, struct charge ***out)
{
	const struct run_lane *l = h->lane;
	bool first = h == l->hands;
	size_t n = 0;

	*out = mem_array(NULL, l->to.all->n + 1, sizeof(**out));
	/* The first one is for what is quick, where there are others; else it takes both by turns. */
	bool alone = parallel_of(l->to.all, false) == 0, was_slow = h->slow;
	if (!first || (alone && !was_slow))
		take_slow(l, *out, &n);
	h->slow = n > 0;
	if (n == 0)
		take_quick(l, *out, &n);
	if (n == 0 && alone && was_slow) {
		take_slow(l, *out, &n);
		h->slow = n > 0;
	}
	return n;
}

/* Lock held. */
static bool has_any(const struct run_lane *l)
{
	bool any = false;

	for (size_t i = 0; i < l->to.all->n && !any; i++)
		any = l->to.all->items[i]->lane == l;
	return any;
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct run_lane *l = h->lane;
	struct charges *s = l->to.all;
	bool first = h == l->hands, more = true;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && more) {
		struct charge **items;
		size_t n = take_due(h, &items);
		if (n > 0) {
			s->working++;
			h->working = true;
			h->since = clock_ms();
			pthread_mutex_unlock(&s->lock);
			round_run(&l->to, items, n, parallel_of(s, first));
			pthread_mutex_lock(&s->lock);
			s->working--;
			h->working = false;
			for (size_t i = 0; i < n; i++)
				items[i]->working = false;
		} else if ((more = first && has_any(l))) {
			pthread_cond_wait(&s->changed, &s->lock);
		}
		free(items);
	}
	h->over = true;
	l->over = l->over || first;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Lock held, or nobody else is there yet. */
static bool start(struct hand *h)
{
	if (h->there)
		pthread_join(h->thread, NULL); /* it is over: this takes no time */
	*h = (struct hand){.lane = h->lane};
	h->there = pthread_create(&h->thread, NULL, work, h) == 0;
	return h->there;
}

/* Lock held. */
static bool needs_help(const struct run_lane *l, uint64_t now)
{
	const struct charges *s = l->to.all;
	bool slow = false, quick = false, soon = false;

	for (size_t i = 0; i < s->n; i++) {
		slow = slow || is_due(l, s->items[i], true);
		quick = quick || is_due(l, s->items[i], false);
	}
	for (size_t i = 0; i < HANDS; i++) {
		const struct hand *h = &l->hands[i];
		if (h->there && !h->over && !h->slow)
			soon = soon || !h->working || now < h->since + HELP_MS;
	}
	return slow || (quick && !soon);
}

void lanes_help(struct charges *s)
{
	uint64_t now = clock_ms();

	if (parallel_of(s, false) == 0)
		return;
	pthread_mutex_lock(&s->lock);
	for (size_t k = 0; k < s->n_lanes && !s->stop; k++) {
		struct run_lane *l = s->lanes[k];
		struct hand *spare = NULL;
		for (size_t i = 1; i < HANDS; i++)
			if (!l->hands[i].there || l->hands[i].over)
				spare = &l->hands[i];
		if (!l->over && spare != NULL && needs_help(l, now))
			(void)start(spare); /* if it cannot be now: at the next look */
	}
	pthread_mutex_unlock(&s->lock);
}

/* --- lanes --- */

static bool is_its(const struct run_lane *l, const struct charge *c)
{
	return !l->over && strcmp(l->to.host, c->host) == 0 && name_same_pool(l->here, c->name) &&
	       name_same_pool(l->there, c->fs);
}

/* The lock is not held, or its threads have ended. */
static void lane_free(struct run_lane *l)
{
	for (size_t i = 0; i < HANDS; i++)
		if (l->hands[i].there)
			pthread_join(l->hands[i].thread, NULL);
	pthread_mutex_destroy(&l->to.lock);
	free(l->to.host);
	free(l->to.told);
	free(l->here);
	free(l->there);
	free(l);
}

static struct run_lane *begin(struct charges *s, const struct charge *c)
{
	struct run_lane *l = mem_zalloc(sizeof(*l));

	*l = (struct run_lane){.to = {.all = s, .host = mem_strdup(c->host)},
			       .here = name_pool(c->name),
			       .there = name_pool(c->fs)};
	pthread_mutex_init(&l->to.lock, NULL);
	for (size_t i = 0; i < HANDS; i++)
		l->hands[i].lane = l;
	if (!start(&l->hands[0])) { /* at the next look, perhaps */
		lane_free(l);
		return NULL;
	}
	s->lanes = mem_array(s->lanes, s->n_lanes + 1, sizeof(struct run_lane *));
	s->lanes[s->n_lanes++] = l;
	return l;
}

/* Nobody is at work in it any more. Lock held. */
static bool is_over(const struct run_lane *l)
{
	bool over = l->over;

	for (size_t i = 0; i < HANDS; i++)
		over = over && (!l->hands[i].there || l->hands[i].over);
	return over;
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
		if (is_over(s->lanes[k]))
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
		for (size_t i = 0; i < HANDS; i++)
			if (s->lanes[k]->hands[i].working)
				strv_add(hosts, s->lanes[k]->to.host);
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
