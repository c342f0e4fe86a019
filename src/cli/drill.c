/* A rehearsal: what a failover would have, tried on clones, while replication goes on. Of the pair nothing is changed; what is
 * made is destroyed again, whatever becomes of the run: what a killed one has left, the next one destroys first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "plan/drill.h"
#include "plan/plan.h"
#include "state/dataset.h"
#include "state/history.h"
#include "ui/exit_status.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"
#include "zfs/ops.h"

struct rehearsal {
	struct ctx *c;
	const char *name;
	struct side side;
	struct drill drill;
	char *point; /* where they are mounted; NULL: none of them is */
	struct held lock;
	double begun;
	uint64_t made_ms, hook_ms;
	char *said; /* the hook's last lines; NULL: there were none, or no hook */
	bool hooked;
};

static const struct drill_item *root_of(const struct rehearsal *r)
{
	return &r->drill.items[0];
}

static uint64_t age_of(const struct rehearsal *r)
{
	return r->side.now > r->drill.taken ? r->side.now - r->drill.taken : 0;
}

static struct err *call(struct rehearsal *r, const char *op, const nvlist_t *args,
			nvlist_t **result)
{
	nvlist_t *mine = NULL;
	struct err *e = host_call(r->c->local, op, args, &mine);

	if (e == NULL)
		e = nv_first_err(mine);
	if (result != NULL)
		*result = mine;
	else
		nv_free(mine);
	return e;
}

/* --- what is there --- */

/* One at a time: what another one is at is not taken for what a killed one has left. */
static struct err *take_lock(struct rehearsal *r)
{
	struct strv names = {0};
	nvlist_t *busy = NULL;
	char *name = str_fmt("%s_drill", r->name);

	strv_add(&names, name);
	struct err *e = ctx_lock(r->c, r->c->local, &names, LOCK_ALONE, &r->lock, &busy);
	if (e == NULL && nv_str(busy, name) != NULL)
		e = err_remedy(err_new(ERR_BUSY, "another drill of %s is under way on %s: %s",
				       r->name, r->c->self, nv_str(busy, name)),
			       "wait for it");
	nv_free(busy);
	strv_free(&names);
	free(name);
	return e;
}

static struct err *end_clones(struct rehearsal *r, size_t *n)
{
	nvlist_t *args = nv_new(), *result = NULL;
	char *names[] = {(char *)(uintptr_t)r->name};

	nv_add_str(args, "tag", r->c->tag);
	nv_add_strs(args, "datasets", names, 1);
	struct err *e = call(r, OP_DRILL_END, args, &result);
	nv_strs(result, "ended", n);
	nv_free(result);
	nv_free(args);
	return e;
}

/* --- the clones --- */

static struct err *make_clones(struct rehearsal *r)
{
	nvlist_t *args = nv_new(), *items = nv_new();

	for (size_t i = 0; i < r->drill.n; i++) {
		const struct drill_item *it = &r->drill.items[i];
		nvlist_t *item = nv_new();
		char *from = str_fmt("%s@%s", it->d->name, it->snap->name);
		nv_add_str(item, "from", from);
		nv_add_u64(item, "from_guid", it->snap->guid);
		if (it->d->type == TYPE_VOLUME)
			nv_add_flag(item, "volume");
		if (it->mounts)
			nv_add_flag(item, "mounts");
		if (i == 0)
			nv_add_str(item, "of", r->name);
		if (i == 0 && r->point != NULL)
			nv_add_str(item, "mountpoint", r->point);
		nv_add_nv(items, it->clone, item);
		nv_free(item);
		free(from);
	}
	nv_add_str(args, "tag", r->c->tag);
	nv_add_nv(args, "items", items);
	struct err *e = call(r, OP_DRILL, args, NULL);
	nv_free(items);
	nv_free(args);
	return e;
}

static struct err *mount_clones(struct rehearsal *r)
{
	nvlist_t *args = nv_new();
	struct strv names = {0};

	for (size_t i = 0; i < r->drill.n; i++)
		strv_add(&names, r->drill.items[i].clone);
	nv_add_strs(args, "datasets", names.items, names.n);
	struct err *e = call(r, OP_MOUNT, args, NULL);
	strv_free(&names);
	nv_free(args);
	return e;
}

static struct err *run_hook(struct rehearsal *r)
{
	const struct dataset *d = root_of(r)->d;
	nvlist_t *args = nv_new(), *items = nv_new(), *item = nv_new(), *facts = nv_new();
	nvlist_t *result = NULL;
	char text[32];
	double begun = clock_now();

	snprintf(text, sizeof(text), "%" PRIu64, d->epoch);
	nv_add_str(facts, "DATASET", d->name);
	nv_add_str(facts, "PEER", d->src_host);
	nv_add_str(facts, "PEER_DATASET", d->src_fs);
	nv_add_str(facts, "EPOCH", text);
	nv_add_str(facts, "TAG", r->c->tag);
	nv_add_str(facts, "ROLE", "replica");
	nv_add_str(facts, "CLONE", root_of(r)->clone);
	nv_add_str(facts, "MOUNTPOINT", root_of(r)->mounts ? r->point : "");
	nv_add_nv(item, "props", facts);
	nv_add_nv(items, d->name, item);
	nv_add_str(args, "hook", "drill");
	nv_add_nv(args, "items", items);
	struct err *e = call(r, OP_HOOK, args, &result);
	const char *said = nv_str(nv_nv(result, "said"), d->name);
	r->said = said != NULL ? mem_strdup(said) : NULL;
	r->hook_ms = (uint64_t)((clock_now() - begun) * 1000);
	nv_free(result);
	nv_free(args);
	nv_free(items);
	nv_free(item);
	nv_free(facts);
	return e;
}

/* Is there a program of the operator's? */
static bool has_hook(struct rehearsal *r)
{
	nvlist_t *args = nv_new(), *result = NULL;
	size_t n = 0;

	err_free(host_call(r->c->local, OP_HOOKS, args, &result));
	char **there = nv_strs(result, "there", &n);
	bool any = false;
	for (size_t i = 0; i < n; i++)
		any = any || strcmp(there[i], "drill") == 0;
	nv_free(result);
	nv_free(args);
	return any;
}

/* --- what is noted --- */

/* What is on record by now: the role may have moved while the hook ran. NULL: it cannot be read, and nothing is added. */
static char *history_now(struct rehearsal *r)
{
	struct strv names = {0};
	struct side side;
	char *text = NULL;

	strv_add(&names, r->name);
	struct err *e = ctx_list(r->c, r->c->local, &names, LIST_APART, &side);
	if (e == NULL) {
		const struct dataset *d = side_find(&side, r->name);
		if (d != NULL)
			text = mem_strdup(d->history != NULL ? d->history : "");
		side_free(&side);
	}
	err_free(e);
	strv_free(&names);
	return text;
}

static void put_on_record(struct rehearsal *r, const struct err *failure)
{
	const struct dataset *d = root_of(r)->d;
	struct drill_mark mark = {.time = r->side.now,
				  .well = failure == NULL,
				  .ms = r->made_ms + r->hook_ms,
				  .age = age_of(r)};
	char *stored = history_now(r);
	struct history all = history_parse(stored);
	struct history_entry e = {.time = r->side.now};
	nvlist_t *args = nv_new(), *props = nv_new(), *of = nv_new();
	char *to = str_fmt("%s:%s", r->c->self, r->name);
	char *from = str_fmt("%s:%s", d->src_host, d->src_fs);
	char *text = drill_mark_print(&mark);
	const char *word = failure == NULL ? HISTORY_DRILLED : HISTORY_DRILL_FAILED;

	memcpy(e.change, word, strlen(word) + 1);
	history_set_text(&e, HISTORY_FROM, from);
	history_set_text(&e, HISTORY_TO, to);
	history_set_text(&e, HISTORY_BY, r->c->who);
	history_set_number(&e, HISTORY_EPOCH, d->epoch);
	history_set_number(&e, HISTORY_BEHIND, mark.age);
	history_add(&all, &e);
	char *record = history_print(&all);
	plan_prop(of, r->c->tag, "drill", text);
	if (record != NULL && stored != NULL)
		plan_prop(of, r->c->tag, "history", record);
	nv_add_nv(props, r->name, of);
	nv_add_nv(args, "props", props);
	struct err *failed = call(r, OP_SET, args, NULL);
	if (failed != NULL)
		ui_note(&r->c->ui, "%s: that it was drilled is not noted: %s", r->name,
			failed->what);
	err_free(failed);
	history_entry_free(&e);
	history_free(&all);
	free(stored);
	free(record);
	free(text);
	free(from);
	free(to);
	nv_free(args);
	nv_free(props);
	nv_free(of);
}

static void say_plan(const struct rehearsal *r)
{
	const struct ui *u = &r->c->ui;

	for (size_t i = 0; i < r->drill.n; i++)
		ui_line(u, "%s: clone %s@%s as %s", r->c->self, r->drill.items[i].d->name,
			r->drill.items[i].snap->name, r->drill.items[i].clone);
	if (r->point != NULL)
		ui_line(u, "%s: mount %s at %s", r->c->self, root_of(r)->clone, r->point);
	if (r->hooked)
		ui_line(u, "%s: run hook drill for %s", r->c->self, r->name);
	ui_line(u, "%s: destroy %s", r->c->self, root_of(r)->clone);
}

static void say_done(const struct rehearsal *r)
{
	const struct ui *u = &r->c->ui;
	char age[NUM_TEXT];

	ui_done(u, "%s on %s: a failover would have @%s, %s old%s, in %" PRIu64 ".%" PRIu64 " s",
		r->name, r->c->self, root_of(r)->snap->name, num_seconds(age, age_of(r)),
		r->drill.n > 1 ? ", with all that is below it" : "", r->made_ms / 1000,
		r->made_ms / 100 % 10);
	if (r->hooked)
		ui_done(u, "the hook drill ended well after %" PRIu64 ".%" PRIu64 " s%s%s",
			r->hook_ms / 1000, r->hook_ms / 100 % 10, r->said != NULL ? ": " : "",
			r->said != NULL ? r->said : "");
	else
		ui_done(u, "nothing was started on it: there is no hook drill");
}

static void record_values(const struct rehearsal *r, struct record *one, const struct err *e)
{
	record_str(one, "status", e != NULL ? "failed" : "drilled");
	if (r->drill.n == 0)
		return;
	record_str(one, "snapshot", root_of(r)->snap->name);
	record_u64(one, "datasets", r->drill.n);
	record_u64(one, "age", age_of(r));
	record_u64(one, "made_ms", r->made_ms);
	if (r->hooked)
		record_u64(one, "hook_ms", r->hook_ms);
	record_str(one, "said", r->said);
}

/* --- one of them --- */

static struct err *look(struct rehearsal *r)
{
	struct ctx *c = r->c;
	struct err *e = ctx_list(c, c->local, NULL, LIST_APART | LIST_OPENS, &r->side);

	if (e == NULL)
		e = plan_drill(&r->side, r->name, c->tag, r->side.now, &r->drill);
	bool mounts = false;
	for (size_t i = 0; i < r->drill.n && e == NULL; i++)
		mounts = mounts || r->drill.items[i].mounts;
	if (e == NULL && mounts) {
		const char *stamp = strrchr(root_of(r)->clone, '_');
		/* Two may be rehearsed in one second. */
		r->point =
		    str_fmt("%s/drill/%016" PRIx64 "%s", c->run_dir, root_of(r)->d->guid, stamp);
	}
	r->hooked = e == NULL && has_hook(r);
	return e;
}

static struct err *rehearse(struct rehearsal *r)
{
	r->begun = clock_now();
	struct err *e = make_clones(r);
	if (e == NULL)
		e = mount_clones(r);
	r->made_ms = (uint64_t)((clock_now() - r->begun) * 1000);
	if (e == NULL && r->hooked)
		e = run_hook(r);
	return e;
}

static int drill_one(struct ctx *c, const char *name)
{
	struct rehearsal r = {.c = c, .name = name};
	size_t left = 0, n;
	struct err *e = name_check_dataset(name);
	bool tried = false;

	if (e == NULL && !c->dry_run)
		e = take_lock(&r);
	if (e == NULL)
		e = look(&r);
	if (e == NULL && c->dry_run) {
		say_plan(&r);
	} else if (e == NULL) {
		e = end_clones(&r, &left);
		if (left > 0)
			ui_note(&c->ui, "%s: what an earlier drill had left was destroyed", name);
		tried = e == NULL;
		if (tried)
			e = rehearse(&r);
		/* Whatever has happened, nothing stays; also when this run was told to end. */
		int signal = atomic_exchange(&c->cancel->signal, 0);
		e = err_first(e, tried ? end_clones(&r, &n) : NULL);
		if (tried)
			put_on_record(&r, e);
		if (signal != 0)
			atomic_store(&c->cancel->signal, signal);
	}
	record_values(&r, ui_dataset(&c->ui, name), e);
	if (e == NULL && !c->dry_run)
		say_done(&r);
	int status = ui_dataset_error(&c->ui, name, e);
	ctx_unlock(c, &r.lock);
	drill_free(&r.drill);
	side_free(&r.side);
	free(r.point);
	free(r.said);
	return status;
}

static int run_drill(struct ctx *c)
{
	int status = 0;

	for (size_t i = 0; i < c->args.n && !cancelled(c->cancel); i++)
		status = exit_merge(status, drill_one(c, c->args.items[i]));
	ui_flush(&c->ui);
	return status;
}

const struct verb verb_drill = {
    .name = "drill",
    .flags = "",
    .min_args = 1,
    .max_args = -1,
    .usage = "DATASET...",
    .group = VERBS_ROLES,
    .summary = "rehearse a failover to this host, on clones",
    .text = "On the replica's host: clones the newest snapshot of DATASET and of what belongs to\n"
	    "it, mounts them aside, runs the hook drill on them (to start the service there,\n"
	    "ask it something, and end it), and destroys them again. Replication goes on, and\n"
	    "nothing of the pair is changed. How long it took, and how old the data was, is\n"
	    "noted: see history, and check -v.\n",
    .run = run_drill,
};
