#include "plan/role/history.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/dataset.h"
#include "util/buf.h"
#include "util/mem.h"

static const struct dataset *known(const struct endpoint *e)
{
	return e->preserved != NULL ? e->preserved : e->d; /* aside, it is on its way back */
}

/* "HOST:DATASET"; NULL: not known. The caller frees. */
static char *place(const struct pair *p, enum pair_side at)
{
	const struct endpoint *me = pair_end(p, at);
	const struct dataset *o = known(pair_end(p, pair_other(at)));
	const char *name = me->name;

	if (name == NULL && o != NULL)
		name = o->master ? o->dest_fs : o->src_fs;
	return name != NULL && me->host_name != NULL ? str_fmt("%s:%s", me->host_name, name) : NULL;
}

struct history_entry plan_change(const struct pair *pair, const char *change, enum pair_side from)
{
	const struct dataset *d = known(pair_end(pair, from));
	struct history_entry e = {.time = pair->now};

	memcpy(e.change, change, strlen(change) + 1);
	e.text[HISTORY_FROM] = place(pair, from);
	e.text[HISTORY_TO] = place(pair, pair_other(from));
	history_set_text(&e, HISTORY_BY, pair->who);
	/* It may have been stopped before that. */
	if (pair->readonly_ms != 0 && d != NULL && d->readonly)
		history_set_number(&e, HISTORY_READONLY, pair->readonly_ms);
	return e;
}

static void record(nvlist_t *props, const struct pair *p, enum pair_side at, const char *theirs,
		   struct history_entry *entry)
{
	const struct dataset *d = known(pair_end(p, at));

	/* As it is at most syncs. */
	bool same = entry == NULL && d != NULL &&
		    (theirs == NULL ? d->history == NULL : str_same(d->history, theirs));

	if (p->who != NULL && d != NULL && !same) {
		char *joined = history_join(d->history, theirs), *text = NULL;
		struct history all = history_parse(joined);
		if (entry != NULL)
			history_add(&all, entry);
		text = history_print(&all);
		if (text != NULL && !str_same(text, d->history))
			plan_prop(props, p->tag, "history", text);
		history_free(&all);
		free(joined);
		free(text);
	}
	if (entry != NULL)
		history_entry_free(entry);
}

void plan_record(nvlist_t *props, const struct pair *pair, enum pair_side at,
		 struct history_entry *entry)
{
	const struct dataset *o = known(pair_end(pair, pair_other(at)));

	record(props, pair, at, o != NULL ? o->history : NULL, entry);
}

void plan_record_alone(nvlist_t *props, const struct pair *pair, enum pair_side at,
		       struct history_entry *entry)
{
	record(props, pair, at, NULL, entry);
}

/* So much is no more than the decision's own steps take. */
#define ENDED_SECONDS 10u

void plan_record_end(nvlist_t *props, const struct pair *pair, enum pair_side at)
{
	const struct dataset *d = known(pair_end(pair, at));

	if (pair->who == NULL || d == NULL)
		return;
	struct history all = history_parse(d->history);
	for (size_t i = all.n; i-- > 0;) {
		struct history_entry *e = &all.items[i];
		if (!history_moves(e))
			continue;
		if (e->number[HISTORY_EPOCH] == d->epoch && !e->has[HISTORY_ENDED] &&
		    pair->now > e->time + ENDED_SECONDS) {
			history_set_number(e, HISTORY_ENDED, pair->now - e->time);
			char *text = history_print(&all);
			if (text != NULL)
				plan_prop(props, pair->tag, "history", text);
			free(text);
		}
		break;
	}
	history_free(&all);
}

/* Has it been found since the role moved last? */
static bool is_found(const struct history *h, const char *change, uint64_t epoch)
{
	for (size_t i = h->n; i-- > 0;) {
		const struct history_entry *e = &h->items[i];
		if (strcmp(e->change, change) == 0 && e->number[HISTORY_EPOCH] == epoch)
			return true;
		if (history_moves(e))
			break;
	}
	return false;
}

/* The word for what it was refused for; NULL: it is no matter of the role, or the other end's. */
static const char *found(const struct pair *p, enum pair_side at, const struct err *e)
{
	const struct dataset *d = pair_end(p, at)->d, *o = pair_end(p, pair_other(at))->d;

	if (err_is(e, REASON_SPLIT_BRAIN))
		return HISTORY_SPLIT_BRAIN;
	if (err_is(e, REASON_SET_BACK))
		return HISTORY_SET_BACK;
	bool one_is = err_is(e, REASON_SUPERSEDED) || err_is(e, REASON_OLD_MASTER);
	return one_is && o != NULL && o->epoch > d->epoch ? HISTORY_SUPERSEDED : NULL;
}

char *plan_record_refusal(const struct pair *pair, enum pair_side at, const struct err *e)
{
	const struct dataset *d = pair_end(pair, at)->d;
	const char *change = d != NULL && pair->who != NULL ? found(pair, at, e) : NULL;

	if (change == NULL)
		return NULL;
	struct history all = history_parse(d->history);
	char *text = NULL;
	if (!is_found(&all, change, d->epoch)) {
		struct history_entry one = plan_change(pair, change, at);
		const struct snap *sent = dataset_last_sent(d);
		history_set_number(&one, HISTORY_EPOCH, d->epoch);
		if (d->master && sent != NULL) {
			uint64_t newer = 0;
			for (size_t i = 0; i < d->n_snaps; i++)
				newer += d->snaps[i].createtxg > sent->createtxg;
			history_set_number(&one, HISTORY_SNAPS, newer);
			history_set_number(&one, HISTORY_BYTES, dataset_written_after(d, sent));
			history_set_number(&one, HISTORY_FORK, sent->guid);
		}
		history_add(&all, &one);
		history_entry_free(&one);
		text = history_print(&all);
	}
	history_free(&all);
	return text;
}

uint64_t plan_last_moved(const struct dataset *d)
{
	struct history all = history_parse(d->history);
	uint64_t time = 0;

	for (size_t i = 0; i < all.n; i++)
		if (history_moves(&all.items[i]))
			time = all.items[i].time;
	history_free(&all);
	return time;
}
