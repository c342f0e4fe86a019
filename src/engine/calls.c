#include "engine/calls.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "util/clock.h"
#include "util/mem.h"
#include "zfs/ops.h"

struct host *calls_host(const struct task *t, const struct step *s)
{
	return s->at == PAIR_SRC ? t->src : t->dst;
}

/* Has a task come to that? */
static bool is_at(const struct task *t, const struct step_kind *kind)
{
	return t->error == NULL || (kind->always && t->frozen);
}

#define each_step(r, kind_, host_, t, s)                                                           \
	for (struct task *t = (r)->tasks; t < (r)->tasks + (r)->n; t++)                            \
		for (struct step *s = t->plan.steps; s && s < t->plan.steps + t->plan.n; s++)      \
			if (is_at(t, (kind_)) && s->kind == (kind_) &&                             \
			    calls_host(t, s) == (host_) && !s->done && !s->later)

/* Adds what `from` sets to what is set on `name` already. */
static void merge_props(nvlist_t *all, const char *name, const nvlist_t *from)
{
	nvlist_t *have = nv_nv(all, name), *sum = have ? nv_dup(have) : nv_new();

	nv_each(from, p) {
		const char *v = nv_str(from, nvpair_name(p));
		if (v != NULL)
			nv_add_str(sum, nvpair_name(p), v);
		else
			nv_add_flag(sum, nvpair_name(p));
	}
	nv_add_nv(all, name, sum);
	nv_free(sum);
}

static void merge_step(nvlist_t *props, nvlist_t *expect, const struct step *s)
{
	if (s->props != NULL)
		merge_props(props, s->name, s->props);
	if (s->expect != NULL)
		merge_props(expect, s->name, s->expect);
}

/* Of one name, all that the step knows. */
static void add_item(nvlist_t *items, const struct step *s)
{
	nvlist_t *item = nv_new();

	if (s->guid != 0)
		nv_add_u64(item, "guid", s->guid);
	if (s->from_guid != 0)
		nv_add_u64(item, "from_guid", s->from_guid);
	if (s->props != NULL)
		nv_add_nv(item, "props", s->props);
	if (s->to != NULL)
		nv_add_str(item, "to", s->to);
	if (s->from != NULL)
		nv_add_str(item, "from", s->from);
	nv_add_nv(items, s->name, item);
	nv_free(item);
}

static const struct step_kind *bookmark_kind(void)
{
	return step_kind_of(STEP_BOOKMARK, PHASE_TRANSFER);
}

/* What is bookmarked goes along with the snapshots, whose transaction it can be made in. */
static void add_bookmarks(struct run *r, struct host *host, nvlist_t *args)
{
	uint64_t *guids = NULL;
	struct strv names = {0};

	each_step(r, bookmark_kind(), host, t, s) {
		guids = mem_array(guids, names.n + 1, sizeof(*guids));
		guids[names.n] = s->guid;
		strv_add(&names, s->name);
	}
	if (names.n > 0) {
		nv_add_strs(args, "bookmark", names.items, names.n);
		nv_add_u64s(args, "bookmark_guids", guids, names.n);
	}
	free(guids);
	strv_free(&names);
}

/* Those that need no call of their own any more. */
static void note_bookmarked(struct run *r, struct host *host, const nvlist_t *result)
{
	nvlist_t *done = nv_new();
	size_t n;
	char **names = nv_strs(result, "bookmarked", &n);

	for (size_t i = 0; i < n; i++)
		nv_add_flag(done, names[i]);
	each_step(r, bookmark_kind(), host, t, s)
		s->done = nv_flag(done, s->name);
	nv_free(done);
}

/* The arguments of one call; NULL when there is nothing to ask of this host. */
static nvlist_t *gather(struct run *r, const struct step_kind *kind, struct host *host)
{
	nvlist_t *args = nv_new(), *props = nv_new(), *expect = nv_new(), *state = nv_new();
	uint64_t *guids = NULL;
	struct strv names = {0};
	bool any = false;

	each_step(r, kind, host, t, s) {
		any = true;
		t->frozen = t->frozen || kind->phase == PHASE_FREEZE;
		if (kind->shape == SHAPE_NAMES) {
			guids = mem_array(guids, names.n + 1, sizeof(*guids));
			guids[names.n] = s->guid;
			strv_add(&names, s->name);
			if (s->state != NULL) { /* it is the dataset's */
				char *dataset = name_dataset(s->name);
				nv_add_nv(state, dataset, s->state);
				free(dataset);
			}
		} else if (kind->shape == SHAPE_PROPS) {
			merge_step(props, expect, s);
			if (s->state != NULL)
				nv_add_nv(state, s->name, s->state);
		} else {
			add_item(props, s);
		}
	}
	nv_add_str(args, "tag", r->tag);
	if (kind->shape == SHAPE_NAMES) {
		nv_add_strs(args, kind->argument, names.items, names.n);
		nv_add_u64s(args, "guids", guids, names.n);
	} else {
		nv_add_nv(args, kind->shape == SHAPE_PROPS ? "props" : "items", props);
	}
	if (!nv_empty(expect))
		nv_add_nv(args, "expect", expect);
	if (!nv_empty(state))
		nv_add_nv(args, "state", state);
	if (any && kind->op == STEP_SNAPSHOT)
		add_bookmarks(r, host, args);
	if (kind->hook != NULL)
		nv_add_str(args, "hook", kind->hook);
	if (kind->foreign) { /* by the operator's word: all that goes of a dataset, or nothing of it */
		nv_add_flag(args, "foreign");
		nv_add_flag(args, "together");
	}
	if (kind->aged) /* each for itself */
		nv_add_flag(args, "foreign");
	if (kind->cascaded)
		nv_add_flag(args, "relayed");
	nv_free(state);
	nv_free(expect);
	nv_free(props);
	free(guids);
	strv_free(&names);
	if (any)
		return args;
	nv_free(args);
	return NULL;
}

/* Hands each failure to the task that it belongs to. Takes e over: a failure of the whole call. */
static void take_failures(struct run *r, const struct step_kind *kind, struct host *host,
			  const nvlist_t *result, struct err *e)
{
	const nvlist_t *errors = nv_nv(result, "errors"), *said = nv_nv(result, "said");
	const char *who = host_is_local(host) ? NULL : host_name(host);

	each_step(r, kind, host, t, s) {
		const char *word = nv_str(said, s->name);
		if (word != NULL && kind->hook != NULL)
			strv_addf(&t->notes, "hook %s on %s: %.1000s", kind->hook, host_name(host),
				  word);
		else if (word != NULL)
			strv_addf(&t->notes, "%s on %s %.1000s", s->name, host_name(host), word);
		struct err *mine = e != NULL ? err_wrap(err_copy(e), "%s", t->label)
					     : nv_err(errors, s->name, who);
		if (mine != NULL && kind->optional && !r->failures_fatal &&
		    mine->kind != ERR_UNREACHABLE) {
			strv_addf(&t->notes, "%s%s%s", mine->what, mine->remedy ? "; " : "",
				  mine->remedy ? mine->remedy : "");
			/* After that it is only tidying up, a bookmark is a precaution, and what settings a replica
			 * lacks is told by check. */
			t->incomplete = t->incomplete ||
					(kind->phase <= PHASE_COMMIT && kind->op != STEP_BOOKMARK &&
					 (kind->op != STEP_SET || kind->phase != PHASE_CLEAR_AWAY));
			err_free(mine);
		} else if (mine != NULL) {
			task_fail(t, mine);
		}
	}
	err_free(e);
}

/* How many names a call is about. */
static size_t count_names(const struct step_kind *kind, const nvlist_t *args)
{
	const char *key = kind->op == STEP_PROVE       ? "expect"
			  : kind->shape == SHAPE_PROPS ? "props"
						       : "items";
	size_t n = 0;

	if (kind->shape == SHAPE_NAMES)
		(void)nv_strs(args, kind->argument, &n);
	else
		nv_each(nv_nv(args, key), p)
			n += nvpair_name(p) != NULL;
	return n;
}

/* What was made has a GUID now, by which the steps that follow know it, also where it arrives. */
static void learn_guids(struct run *r, const struct step_kind *kind, struct host *host,
			const nvlist_t *result)
{
	const nvlist_t *guids = nv_nv(result, "guids");

	each_step(r, kind, host, t, made) {
		uint64_t guid = nv_u64(guids, made->name, 0);
		const char *arrived = NULL;
		for (struct step *s = t->plan.steps; s < t->plan.steps + t->plan.n; s++) {
			if (!step_is_transfer(s))
				continue;
			if (strcmp(s->name, made->name) == 0) {
				s->guid = guid;
				arrived = s->to;
			}
			if (str_same(s->from, made->name))
				s->from_guid = guid;
		}
		for (struct step *s = t->plan.steps; s < t->plan.steps + t->plan.n; s++)
			if (s->guid == 0 && !step_is_transfer(s) && s != made &&
			    strcmp(s->name, s->at == PAIR_SRC || arrived == NULL ? made->name
										 : arrived) == 0)
				s->guid = guid;
	}
}

const char *calls_operation(const struct host *h, const struct step_kind *kind)
{
	if (kind->op != STEP_DECIDE)
		return kind->operation;
	struct err *lacks = host_lacks(h, kind->operation);
	bool yes = lacks != NULL;
	err_free(lacks);
	return yes ? OP_SET : kind->operation;
}

void hosts_add(struct hosts *h, struct host *host)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->items[i] == host)
			return;
	h->items = mem_array(h->items, h->n + 1, sizeof(struct host *));
	h->items[h->n++] = host;
}

/* The others first, ourselves while they work. */
void calls_run(struct run *r, const struct step_kind *kind, const struct hosts *hosts)
{
	struct host_op *ops = mem_zalloc(hosts->n * sizeof(*ops));
	nvlist_t **args = mem_zalloc(hosts->n * sizeof(*args));

	double begun = clock_now();
	for (size_t i = 0; i < hosts->n; i++)
		if ((args[i] = gather(r, kind, hosts->items[i])) != NULL)
			host_begin(hosts->items[i], calls_operation(hosts->items[i], kind), args[i],
				   &ops[i]);
	for (int local = 1; local >= 0; local--)
		for (size_t i = 0; i < hosts->n; i++) {
			nvlist_t *result = NULL;
			if (args[i] == NULL || host_is_local(hosts->items[i]) != local)
				continue;
			struct err *e = host_end(&ops[i], &result);
			run_trace(r, begun, e, "%s on %s: names %zu", kind->operation,
				  host_name(hosts->items[i]), count_names(kind, args[i]));
			if (kind->op == STEP_SNAPSHOT && e == NULL) {
				learn_guids(r, kind, hosts->items[i], result);
				note_bookmarked(r, hosts->items[i], result);
			}
			take_failures(r, kind, hosts->items[i], result, e);
			nv_free(result);
			nv_free(args[i]);
		}
	free(args);
	free(ops);
}

void calls_run_alone(struct run *r, struct task *t, const struct step_kind *kind, struct host *host)
{
	struct run alone = *r;
	struct hosts hosts = {0};

	alone.tasks = t;
	alone.n = 1;
	hosts_add(&hosts, host);
	calls_run(&alone, kind, &hosts);
	free(hosts.items);
	for (size_t i = 0; i < t->plan.n; i++)
		if (t->plan.steps[i].kind == kind && !t->plan.steps[i].later &&
		    calls_host(t, &t->plan.steps[i]) == host)
			t->plan.steps[i].done = true;
}
