#include "engine/execute.h"

#include <stdlib.h>
#include <string.h>

#include "engine/schedule.h"
#include "util/clock.h"
#include "util/mem.h"
#include "zfs/ops.h"

static struct host *host_of(const struct task *t, const struct step *s)
{
	return s->at == PAIR_SRC ? t->src : t->dst;
}

static struct err *interrupted(const struct task *t)
{
	return err_because(
	    err_remedy(err_new(ERR_FAILED, "%s: interrupted", t->label),
		       "run the same command again: it goes on where this one stopped"),
	    REASON_INTERRUPTED);
}

/* --- the kinds that are one call for each host --- */

enum shape { NAMES, PROPS, ITEMS };

static const struct {
	const char *op;
	const char *key; /* the argument that the names go into; of a hook, its name */
	enum shape shape;
	bool foreign;
	bool optional; /* a failure is a note: what was asked for is done without it */
} kinds[STEP_KINDS] = {
    [STEP_ABORT] = {OP_ABORT, "datasets", NAMES, false,
		    true}, /* what needs it gone says so itself */
    [STEP_FENCE] = {OP_HOOK, "fence", ITEMS, false, false},
    [STEP_PRE_PROMOTE] = {OP_HOOK, "pre-promote", ITEMS, false, false},
    [STEP_PROVE] = {OP_SET, NULL, PROPS, false, false},
    [STEP_SET_FIRST] = {OP_SET, NULL, PROPS, false, false},
    [STEP_PRE_DEMOTE] = {OP_HOOK, "pre-demote", ITEMS, false, false},
    [STEP_QUIESCE] = {OP_QUIESCE, "datasets", NAMES, false, false},
    [STEP_UNMOUNT] = {OP_UNMOUNT, "datasets", NAMES, false, false},
    [STEP_HOLD_FIRST] = {OP_HOLD, "snaps", NAMES, false, false},
    [STEP_RELEASE_FIRST] = {OP_RELEASE, "snaps", NAMES, false, false},
    [STEP_DESTROY_FOREIGN] = {OP_DESTROY, "snaps", NAMES, true, false},
    [STEP_ROLLBACK] = {OP_ROLLBACK, "snaps", NAMES, false, false},
    [STEP_RENAME] = {OP_RENAME, NULL, ITEMS, false, false},
    [STEP_CLONE] = {OP_CLONE, NULL, ITEMS, false, false},
    [STEP_PROMOTE] = {OP_PROMOTE, "datasets", NAMES, false, false},
    [STEP_RENAME_BACK] = {OP_RENAME, NULL, ITEMS, false, false},
    [STEP_SNAPSHOT] = {OP_SNAPSHOT, "snaps", NAMES, false, false},
    [STEP_HOLD] = {OP_HOLD, "snaps", NAMES, false, false},
    [STEP_SET_MORE] = {OP_SET, NULL, PROPS, false, true},
    [STEP_SET] = {OP_SET, NULL, PROPS, false, false},
    [STEP_MOUNT] = {OP_MOUNT, "datasets", NAMES, false, true},
    [STEP_POST_DEMOTE] = {OP_HOOK, "post-demote", ITEMS, false, true},
    [STEP_POST_PROMOTE] = {OP_HOOK, "post-promote", ITEMS, false, true},
    [STEP_SET_LAST] = {OP_SET, NULL, PROPS, false, false},
    [STEP_RELEASE] = {OP_RELEASE, "snaps", NAMES, false, true},
    [STEP_DESTROY] = {OP_DESTROY, "snaps", NAMES, false, true},
    [STEP_DESTROY_RELAYED] = {OP_DESTROY, "snaps", NAMES, false, true},
};

#define each_step(r, kind_, host_, t, s)                                                           \
	for (struct task *t = (r)->tasks; t < (r)->tasks + (r)->n; t++)                            \
		for (struct step *s = t->plan.steps; s && s < t->plan.steps + t->plan.n; s++)      \
			if (t->error == NULL && s->kind == (kind_) && host_of(t, s) == (host_))

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

	if (s->props != NULL)
		nv_add_nv(item, "props", s->props);
	if (s->to != NULL)
		nv_add_str(item, "to", s->to);
	if (s->from != NULL)
		nv_add_str(item, "from", s->from);
	nv_add_nv(items, s->name, item);
	nv_free(item);
}

/* The arguments of one call; NULL when there is nothing to ask of this host. */
static nvlist_t *gather(struct run *r, enum step_kind kind, struct host *host)
{
	nvlist_t *args = nv_new(), *props = nv_new(), *expect = nv_new();
	struct strv names = {0};
	enum shape shape = kinds[kind].shape;
	bool any = false;

	each_step(r, kind, host, t, s) {
		any = true;
		if (shape == NAMES)
			strv_add(&names, s->name);
		else if (shape == PROPS)
			merge_step(props, expect, s);
		else
			add_item(props, s);
	}
	nv_add_str(args, "tag", r->tag);
	if (shape == NAMES)
		nv_add_strs(args, kinds[kind].key, names.items, names.n);
	else
		nv_add_nv(args, shape == PROPS ? "props" : "items", props);
	if (!nv_empty(expect))
		nv_add_nv(args, "expect", expect);
	if (step_is_hook(kind))
		nv_add_str(args, "hook", kinds[kind].key);
	if (kinds[kind].foreign)
		nv_add_flag(args, "foreign");
	if (kind == STEP_DESTROY_RELAYED)
		nv_add_flag(args, "relayed");
	nv_free(expect);
	nv_free(props);
	strv_free(&names);
	if (any)
		return args;
	nv_free(args);
	return NULL;
}

/* Hands each failure to the task that it belongs to. Takes e over: a failure of the whole call. */
static void settle(struct run *r, enum step_kind kind, struct host *host, const nvlist_t *result,
		   struct err *e)
{
	const nvlist_t *errors = nv_nv(result, "errors"), *said = nv_nv(result, "said");

	each_step(r, kind, host, t, s) {
		if (nv_str(said, s->name) != NULL)
			strv_addf(&t->notes, "hook %s on %s: %s", kinds[kind].key, host_name(host),
				  nv_str(said, s->name));
		struct err *mine =
		    e != NULL ? err_wrap(err_copy(e), "%s", t->label) : nv_err(errors, s->name);
		if (mine != NULL && kinds[kind].optional && !r->strict &&
		    mine->kind != ERR_UNREACHABLE) {
			strv_addf(&t->notes, "%s%s%s", mine->what, mine->remedy ? "; " : "",
				  mine->remedy ? mine->remedy : "");
			t->incomplete = t->incomplete || kind < STEP_RELEASE;
			err_free(mine);
		} else if (mine != NULL) {
			task_fail(t, mine);
		}
	}
	err_free(e);
}

/* How many names a call is about. */
static size_t count_names(enum step_kind kind, const nvlist_t *args)
{
	const char *key = kind == STEP_PROVE           ? "expect"
			  : kinds[kind].shape == PROPS ? "props"
						       : "items";
	size_t n = 0;

	if (kinds[kind].shape == NAMES)
		(void)nv_strs(args, kinds[kind].key, &n);
	else
		nv_each(nv_nv(args, key), p)
			n += nvpair_name(p) != NULL;
	return n;
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
static void run_kind(struct run *r, enum step_kind kind, const struct hosts *hosts)
{
	struct host_op *ops = mem_zalloc(hosts->n * sizeof(*ops));
	nvlist_t **args = mem_zalloc(hosts->n * sizeof(*args));

	double begun = clock_now();
	for (size_t i = 0; i < hosts->n; i++)
		if ((args[i] = gather(r, kind, hosts->items[i])) != NULL)
			host_begin(hosts->items[i], kinds[kind].op, args[i], &ops[i]);
	for (int local = 1; local >= 0; local--)
		for (size_t i = 0; i < hosts->n; i++) {
			nvlist_t *result = NULL;
			if (args[i] == NULL || host_is_local(hosts->items[i]) != local)
				continue;
			struct err *e = host_end(&ops[i], &result);
			run_trace(r, begun, e, "%s on %s: names %zu", kinds[kind].op,
				  host_name(hosts->items[i]), count_names(kind, args[i]));
			settle(r, kind, hosts->items[i], result, e);
			nv_free(result);
			nv_free(args[i]);
		}
	free(args);
	free(ops);
}

struct err *execute_lacks(const struct host *h)
{
	struct err *e = NULL;

	for (int kind = 0; e == NULL && kind < STEP_KINDS; kind++)
		if (kinds[kind].op != NULL)
			e = host_lacks(h, kinds[kind].op);
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
		if (s->kind == STEP_SEND || s->kind == STEP_RESUME)
			e = err_first(host_lacks(t->src, OP_SEND), host_lacks(t->dst, OP_RECEIVE));
		else
			e = host_lacks(host_of(t, s), kinds[s->kind].op);
		task_fail(t, err_wrap(e, "%s", t->label));
	}
}

void execute_run(struct run *r)
{
	struct hosts hosts = {0};

	for (size_t i = 0; i < r->n; i++)
		check_known(&r->tasks[i]);

	for (size_t i = 0; i < r->n; i++)
		if (r->tasks[i].error == NULL) {
			hosts_add(&hosts, r->tasks[i].src);
			hosts_add(&hosts, r->tasks[i].dst);
		}
	for (int kind = 0; kind < STEP_KINDS; kind++) {
		for (size_t i = 0; i < r->n && cancelled(r->cancel); i++)
			if (r->tasks[i].error == NULL ||
			    err_is(r->tasks[i].error, REASON_INTERRUPTED)) {
				err_free(r->tasks[i].error);
				r->tasks[i].error = interrupted(&r->tasks[i]);
			}
		if (kind == STEP_RESUME)
			schedule_transfers(r);
		else if (kind != STEP_SEND)
			run_kind(r, (enum step_kind)kind, &hosts);
	}
	free(hosts.items);
}
