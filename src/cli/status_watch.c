#include "cli/status_watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "plan/health/status.h"
#include "state/dataset.h"
#include "ui/table.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"

/* Looks that a row's graph goes back; seconds between two of them, where --every does not say. */
#define LOOKS 24u
#define EVERY 2u
#define EVERY_MOST 86400u

/* What was seen of a dataset. */
struct watched {
	char *name;
	uint64_t lags[LOOKS]; /* seconds, the newest last */
	size_t n;
	uint64_t base; /* GUID of the newest that was synced; 0: none was */
	double at;     /* when that was first seen */
	double rate;   /* bytes a second, of what had come until then */
	bool moved;    /* at the last look */
	bool seen;     /* by the last look */
};

struct watching {
	struct ctx *c;
	struct watched *items;
	size_t n;
	uint64_t every;
};

static struct watched *item_of(struct watching *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->items[i].name, name) == 0)
			return &w->items[i];
	w->items = mem_array(w->items, w->n + 1, sizeof(*w->items));
	w->items[w->n] = (struct watched){.name = mem_strdup(name)};
	return &w->items[w->n++];
}

static void drop_unseen(struct watching *w)
{
	size_t left = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->items[i].seen)
			w->items[left++] = w->items[i];
		else
			free(w->items[i].name);
	}
	w->n = left;
	for (size_t i = 0; i < w->n; i++)
		w->items[i].seen = false;
}

/* Bytes of the snapshots behind the one of GUID `since` up to `last`. */
static uint64_t brought(const struct dataset *d, uint64_t since, const struct snap *last)
{
	uint64_t bytes = 0;

	for (const struct snap *k = last; k >= d->snaps && k->guid != since; k--)
		bytes += k->written;
	return bytes;
}

static void note(struct watched *i, const struct dataset *d, const struct status *s)
{
	double now = clock_now();

	i->seen = true;
	if (i->n == LOOKS)
		memmove(i->lags, i->lags + 1, --i->n * sizeof(*i->lags));
	i->lags[i->n++] = s->lag;
	i->moved = s->last != NULL && s->last->guid != i->base;
	if (!i->moved)
		return;
	if (i->base != 0 && dataset_snap_by_guid(d, i->base) != NULL && now > i->at)
		i->rate = (double)brought(d, i->base, s->last) / (now - i->at);
	i->base = s->last->guid;
	i->at = now;
}

/* A character for each look: how high the lag was, of the highest, or of the rpo where that is more. */
static void draw(const struct watched *i, uint64_t rpo, char text[LOOKS + 1])
{
	static const char ramp[] = "_.:-=+*#%@";
	uint64_t top = rpo > 0 ? rpo : 1;

	for (size_t k = 0; k < i->n; k++)
		if (i->lags[k] > top)
			top = i->lags[k];
	for (size_t k = 0; k < i->n; k++)
		text[k] = ramp[i->lags[k] * (sizeof(ramp) - 2) / top];
	text[i->n] = '\0';
}

static void add_row(struct watching *w, struct table *t, const struct dataset *d, uint64_t now)
{
	struct status s = plan_status(d, now);
	struct watched *i = item_of(w, d->name);
	char text[NUM_TEXT], graph[LOOKS + 1];

	note(i, d, &s);
	table_cell(t, d->name);
	char *peer = status_peer(d);
	table_cell(t, peer);
	free(peer);
	table_cell(t, s.last != NULL ? num_seconds(text, s.lag) : "-");
	table_cell(t, d->role == ROLE_MASTER ? num_bytes(text, s.bytes) : "-");
	char *rate =
	    i->rate > 0 ? str_fmt("%s/s", num_bytes(text, (uint64_t)i->rate)) : mem_strdup("-");
	table_cell(t, rate);
	free(rate);
	table_cell(t, d->rpo_text != NULL ? d->rpo_text : "-");
	draw(i, d->rpo, graph);
	table_cell(t, graph);
	table_cell(t, status_word(&s));
}

/* Clears the screen; where that cannot be done, one look stands below the other. */
static const char *top_of_page(void)
{
	const char *term = getenv("TERM");

	return term == NULL || *term == '\0' || strcmp(term, "dumb") == 0 ? "\n" : "\033[H\033[J";
}

static struct err *look(struct watching *w, const struct strv *names, bool replicas)
{
	struct ctx *c = w->c;
	struct table t = {
	    .columns = 8,
	    .heads = {"DATASET", "PEER", "LAG", "UNSENT", "RATE", "RPO", "LAG, SO FAR", "STATE"},
	    .right = {false, false, true, true, true, true, false, false},
	    .name = {true, true}};
	struct side side;
	char when[NUM_TIME], every[NUM_TEXT];
	struct err *e = ctx_list(c, c->local, names, LIST_APART, &side);

	if (e != NULL)
		return e;
	for (size_t i = 0; i < side.n; i++)
		if (side.datasets[i].role != ROLE_NONE &&
		    (replicas || side.datasets[i].role != ROLE_REPLICA))
			add_row(w, &t, &side.datasets[i], side.now);
	drop_unseen(w);
	ui_line(&c->ui, "%szrep on %s, tag %s, %s; every %s, ^C ends it\n", top_of_page(), c->self,
		c->tag, num_time_as(when, c->settings.date_format, side.now),
		num_seconds(every, w->every));
	ui_table(&c->ui, &t);
	for (size_t i = 0; i < side.unreadable.n; i++)
		ui_line(&c->ui, "%s cannot be listed", side.unreadable.items[i]);
	for (size_t i = 0; names != NULL && i < names->n; i++)
		if (side_find(&side, names->items[i]) == NULL &&
		    side_unreadable(&side, names->items[i]) == NULL)
			ui_line(&c->ui, "%s is not there any more", names->items[i]);
	ui_flush(&c->ui);
	table_free(&t);
	side_free(&side);
	return NULL;
}

int status_watch(struct ctx *c, const struct strv *names, bool replicas)
{
	struct watching w = {.c = c, .every = EVERY};
	struct err *e = options_every(c, EVERY_MOST, &w.every);

	if (e == NULL && (c->ui.format != NULL || !isatty(STDOUT_FILENO)))
		e = err_remedy(err_new(ERR_USAGE, "-w wants a terminal"),
			       "`{zrep status}` shows it once");
	while (e == NULL && !cancelled(c->cancel)) {
		e = look(&w, names, replicas);
		for (uint64_t ms = 0; e == NULL && ms < w.every * 1000 && !cancelled(c->cancel);
		     ms += 100)
			nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	for (size_t i = 0; i < w.n; i++)
		free(w.items[i].name);
	free(w.items);
	if (cancelled(c->cancel)) { /* that is how it ends */
		err_free(e);
		ui_line(&c->ui, "%s",
			""); /* the terminal has shown the ^C where a prompt is to come */
		return 0;
	}
	return ui_error(&c->ui, e);
}
