#include "engine/execute.h"

#include <stdlib.h>
#include <string.h>

#include "engine/schedule.h"
#include "plan/plan.h"
#include "util/clock.h"
#include "util/mem.h"
#include "zfs/confine.h"
#include "zfs/ops.h"

static struct host *host_of(const struct task *t, const struct step *s)
{
	return s->at == PAIR_SRC ? t->src : t->dst;
}

/* --- the kinds that are one call for each host --- */

/* Has a task come to that? */
static bool is_at(const struct task *t, const struct step_kind *kind)
{
	return t->error == NULL || (kind->always && t->frozen);
}

#define each_step(r, kind_, host_, t, s)                                                           \
	for (struct task *t = (r)->tasks; t < (r)->tasks + (r)->n; t++)                            \
		for (struct step *s = t->plan.steps; s && s < t->plan.steps + t->plan.n; s++)      \
			if (is_at(t, (kind_)) && s->kind == (kind_) && host_of(t, s) == (host_) && \
			    !s->done)

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

/* The name of the operation on that host: one whose zrep does not know decisions sets them, as zrep did then. */
static const char *operation_on(const struct host *h, const struct step_kind *kind)
{
	if (kind->op != STEP_DECIDE)
		return kind->operation;
	struct err *lacks = host_lacks(h, kind->operation);
	bool yes = lacks != NULL;
	err_free(lacks);
	return yes ? OP_SET : kind->operation;
}

struct hosts {
	struct host **items;
	size_t n;
};

static void hosts_add(struct hosts *h, struct host *host)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->items[i] == host)
			return;
	h->items = mem_array(h->items, h->n + 1, sizeof(struct host *));
	h->items[h->n++] = host;
}

/* All hosts at the same time: the others first, ourselves while they work. */
static void run_kind(struct run *r, const struct step_kind *kind, const struct hosts *hosts)
{
	struct host_op *ops = mem_zalloc(hosts->n * sizeof(*ops));
	nvlist_t **args = mem_zalloc(hosts->n * sizeof(*args));

	double begun = clock_now();
	for (size_t i = 0; i < hosts->n; i++)
		if ((args[i] = gather(r, kind, hosts->items[i])) != NULL)
			host_begin(hosts->items[i], operation_on(hosts->items[i], kind), args[i],
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

struct err *execute_lacks(const struct host *h)
{
	struct err *e = NULL;

	for (size_t i = 0; e == NULL && i < step_n_kinds; i++)
		/* These a plan has only where the host knows them. */
		if (step_kinds[i].operation != NULL && step_kinds[i].op != STEP_WRITABLE &&
		    step_kinds[i].op != STEP_OFFER && step_kinds[i].op != STEP_BOOKMARK &&
		    step_kinds[i].op != STEP_UNBOOKMARK && step_kinds[i].op != STEP_UNCLONE &&
		    step_kinds[i].op != STEP_KEY_OWN && step_kinds[i].op != STEP_KEY_INHERIT)
			e = host_lacks(h, operation_on(h, &step_kinds[i]));
	if (e == NULL)
		e = host_lacks(h, OP_SEND);
	return e != NULL ? e : host_lacks(h, OP_RECEIVE);
}

/* Does each host know what a plan asks of it? Else not one step of that is taken. */
static void check_known(struct task *t)
{
	for (size_t i = 0; t->error == NULL && i < t->plan.n; i++) {
		const struct step *s = &t->plan.steps[i];
		struct err *e;
		if (step_is_transfer(s))
			e = err_first(host_lacks(t->src, OP_SEND), host_lacks(t->dst, OP_RECEIVE));
		else
			e = host_lacks(host_of(t, s), operation_on(host_of(t, s), s->kind));
		/* An older one would destroy what it can. (What is empty goes by its `state`.) */
		if (e == NULL && s->kind->op == STEP_DESTROY && s->kind->foreign && !s->kind->empty)
			e = host_lacks_feature(host_of(t, s), FEATURE_TOGETHER,
					       "destroy snapshots all or none");
		if (e == NULL && s->kind->op == STEP_DESTROY && s->kind->foreign &&
		    !host_may_destroy(host_of(t, s), true))
			e = confine_unknown(host_name(host_of(t, s)), host_confined(host_of(t, s)),
					    "destroy what is not zrep's own");
		task_fail(t, err_wrap(e, "%s", t->label));
	}
}

/* What could not be made to stand still is not snapshotted, nor what is in the same tree. */
static void fail_with_root(struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct task *t = &r->tasks[i];
		const struct task *root = t->root < r->n ? &r->tasks[t->root] : t;
		if (root != t && root->frozen && root->error != NULL && t->error == NULL)
			task_fail(t, err_because(err_wrap(err_copy(root->error), "%s", t->label),
						 REASON_TREE));
	}
}

/* Is a step of that phase to be taken? */
static bool has_phase(const struct run *r, enum step_phase phase)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->tasks[i].plan.n && r->tasks[i].error == NULL; k++)
			if (r->tasks[i].plan.steps[k].kind->phase == phase)
				return true;
	return false;
}

void execute_run(struct run *r)
{
	struct hosts hosts = {0};
	bool freezes = false;

	for (size_t i = 0; i < r->n; i++)
		check_known(&r->tasks[i]);

	for (size_t i = 0; i < r->n; i++)
		if (r->tasks[i].error == NULL) {
			hosts_add(&hosts, r->tasks[i].src);
			hosts_add(&hosts, r->tasks[i].dst);
		}
	for (const struct step_kind *k = step_kinds; k < step_kinds + step_n_kinds; k++) {
		for (size_t i = 0; i < r->n && cancelled(r->cancel); i++)
			if (r->tasks[i].error == NULL ||
			    err_is(r->tasks[i].error, REASON_INTERRUPTED)) {
				err_free(r->tasks[i].error);
				r->tasks[i].error = err_interrupted(r->tasks[i].label);
			}
		if (k->phase == PHASE_FREEZE && !freezes && (freezes = has_phase(r, k->phase)))
			atomic_fetch_add(r->still, 1);
		if (k->shape != SHAPE_STREAM)
			run_kind(r, k, &hosts);
		if (k->phase == PHASE_THAW && freezes) {
			atomic_fetch_sub(r->still, 1);
			freezes = false;
		}
		if (k->phase == PHASE_FREEZE)
			fail_with_root(r);
		if (k->op == STEP_RESUME) /* the first of them; what is sent is in there */
			schedule_transfers(r);
	}
	free(hosts.items);
}
