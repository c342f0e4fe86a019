#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/context.h"
#include "plan/health/beside.h"
#include "plan/refusals.h"
#include "plan/tree/members.h"
#include "state/dataset.h"
#include "state/native.h"
#include "state/schema.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"
#include "util/sorted.h"
#include "zfs/lock_ask.h"
#include "zfs/ops.h"

bool ctx_flag(const struct ctx *c, char letter)
{
	return strchr(c->flags, letter) != NULL;
}

bool ctx_zrep_only(const struct ctx *c)
{
	const char *flag = c->settings.inc_flag;

	if (ctx_flag(c, 'I'))
		return false;
	return flag != NULL ? strcmp(flag, "-i") == 0 : strcmp(c->tag, "zrep") != 0;
}

bool ctx_all_snaps(const struct ctx *c)
{
	const char *flag = c->settings.inc_flag;

	return ctx_flag(c, 'I') || (flag != NULL && strcmp(flag, "-I") == 0);
}

bool ctx_is_self(const struct ctx *c, const char *name)
{
	return strcmp(name, "localhost") == 0 || name_same_host(name, c->full_name);
}

/* One operation, for a trace of what is asked of whom. `n`: the names that it is about; 0: all there are. */
static struct err *call(struct ctx *c, struct host *h, const char *op, size_t n,
			const nvlist_t *args, nvlist_t **result)
{
	double begun = clock_now();
	struct err *e = host_call(h, op, args, result);
	char *names = n > 0 ? str_fmt("names %zu", n) : mem_strdup("all");
	char *text = str_fmt("%s on %s: %s, %.3f s%s", op, host_name(h), names, clock_now() - begun,
			     e ? ": failed" : "");

	ui_trace(&c->ui, text);
	free(text);
	free(names);
	return e;
}

struct ssh_opts ctx_ssh_opts(const struct ctx *c)
{
	return (struct ssh_opts){.ssh = c->settings.ssh,
				 .zrep_path = c->settings.zrep_path,
				 .version = ZREP_VERSION,
				 .self = c->self,
				 .tag = c->tag,
				 .timeout = c->timeout,
				 .cancel = c->cancel,
				 .well = host_is_well,
				 .well_ctx = c->local,
				 .connections = c->settings.connections,
				 .batch = !isatty(STDIN_FILENO)};
}

static struct err *connect_to(struct ctx *c, const char *name, struct host **out)
{
	struct err *e;
	struct ssh_opts opts = ctx_ssh_opts(c);
	double begun = clock_now();
	if ((e = host_remote(name, &opts, out)) != NULL)
		return e;
	char *speech = host_speech(*out);
	char *text = str_fmt("connect to %s: %s, %.3f s", name, speech, clock_now() - begun);
	ui_trace(&c->ui, text);
	free(text);
	free(speech);
	return NULL;
}

/* One host that somebody connects to, or has connected to. */
struct join {
	struct join *next;
	char *name;
	bool under_way;
	struct err *error; /* what came of it last */
};

static struct host *find_remote(const struct ctx *c, const char *name)
{
	for (size_t i = 0; i < c->n_remotes; i++)
		if (strcmp(host_name(c->remotes[i]), name) == 0)
			return c->remotes[i];
	return NULL;
}

/* True: it is up to the caller to connect. Else it is connected, or another one has tried in vain just now. */
static bool begin_join(struct ctx *c, const char *name, struct join **out, struct host **host,
		       struct err **e)
{
	bool waited = false;

	pthread_mutex_lock(&c->lock);
	struct join *j = c->joins;
	while (j != NULL && strcmp(j->name, name) != 0)
		j = j->next;
	if (j == NULL) {
		j = mem_zalloc(sizeof(*j));
		*j = (struct join){.next = c->joins, .name = mem_strdup(name)};
		c->joins = j;
	}
	for (; j->under_way; waited = true)
		pthread_cond_wait(&c->joined, &c->lock);
	*host = find_remote(c, name);
	*e = waited && *host == NULL ? err_copy(j->error) : NULL;
	bool mine = *host == NULL && *e == NULL;
	j->under_way = mine;
	*out = j;
	pthread_mutex_unlock(&c->lock);
	return mine;
}

static void end_join(struct ctx *c, struct join *j, struct host *host, const struct err *e)
{
	pthread_mutex_lock(&c->lock);
	if (host != NULL) {
		c->remotes = mem_array(c->remotes, c->n_remotes + 1, sizeof(struct host *));
		c->remotes[c->n_remotes++] = host;
	}
	err_free(j->error);
	j->error = e != NULL ? err_copy(e) : NULL;
	j->under_way = false;
	pthread_cond_broadcast(&c->joined);
	pthread_mutex_unlock(&c->lock);
}

void ctx_free_joins(struct ctx *c)
{
	for (struct join *n, *j = c->joins; j != NULL; j = n) {
		n = j->next;
		err_free(j->error);
		free(j->name);
		free(j);
	}
	c->joins = NULL;
}

struct err *ctx_host(struct ctx *c, const char *name, struct host **out)
{
	struct err *e;

	*out = NULL;
	if (ctx_is_self(c, name)) {
		*out = c->local;
		return NULL;
	}
	if ((e = name_check_host(name)) != NULL)
		return e;
	struct join *j = NULL;
	if (!begin_join(c, name, &j, out, &e))
		return e;
	e = connect_to(c, name, out);
	end_join(c, j, *out, e);
	return e;
}

/* Lock held. */
static struct host *take_remote(struct ctx *c, const char *name)
{
	for (size_t i = 0; i < c->n_remotes; i++)
		if (strcmp(host_name(c->remotes[i]), name) == 0) {
			struct host *taken = c->remotes[i];
			c->remotes[i] = c->remotes[--c->n_remotes];
			return taken;
		}
	return NULL;
}

/* Nobody gets it any more, but who has it may still be in it. NULL: there is none. Lock held. */
static struct host *put_past(struct ctx *c, const char *name)
{
	struct host *done = take_remote(c, name);

	if (done != NULL) {
		c->past = mem_array(c->past, c->n_past + 1, sizeof(struct host *));
		c->past[c->n_past++] = done;
	}
	return done;
}

static struct host *to_past(struct ctx *c, const char *name)
{
	pthread_mutex_lock(&c->lock);
	struct host *done = put_past(c, name);
	pthread_mutex_unlock(&c->lock);
	return done;
}

void ctx_drop(struct ctx *c, const char *name)
{
	host_cut(to_past(c, name));
}

bool ctx_is_lost(struct ctx *c, const char *name)
{
	pthread_mutex_lock(&c->lock);
	const struct host *h = find_remote(c, name);
	bool lost = h != NULL && host_is_lost(h);
	pthread_mutex_unlock(&c->lock);
	return lost;
}

bool ctx_drop_lost(struct ctx *c, const char *name)
{
	/* Another may have dropped it, and connected anew, since it was seen to be lost. */
	pthread_mutex_lock(&c->lock);
	const struct host *h = find_remote(c, name);
	struct host *lost = h != NULL && host_is_lost(h) ? put_past(c, name) : NULL;
	pthread_mutex_unlock(&c->lock);
	host_cut(lost);
	return lost != NULL;
}

void ctx_hang_up(struct ctx *c, const char *name)
{
	host_hang_up(to_past(c, name));
}

size_t ctx_count_past(struct ctx *c)
{
	pthread_mutex_lock(&c->lock);
	size_t n = c->n_past;
	pthread_mutex_unlock(&c->lock);
	return n;
}

void ctx_forget_past(struct ctx *c, size_t n, const struct strv *in_use)
{
	struct host **gone = mem_array(NULL, n + 1, sizeof(struct host *));
	size_t n_gone = 0, left = 0;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_past; i++) {
		if (i < n && !strv_has(in_use, host_name(c->past[i])))
			gone[n_gone++] = c->past[i];
		else
			c->past[left++] = c->past[i];
	}
	c->n_past = left;
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < n_gone; i++)
		(void)host_close(gone[i]);
	free(gone);
}

void ctx_close_all(struct ctx *c)
{
	for (size_t i = 0; i < c->n_remotes; i++)
		(void)host_close(c->remotes[i]);
	free(c->remotes);
	for (size_t i = 0; i < c->n_past; i++)
		(void)host_close(c->past[i]);
	free(c->past);
}

/* What a listing is asked for besides, as zfs/ops.h has it. */
static const struct {
	unsigned flags;
	const char *name;
} list_args[] = {
    {LIST_TXG_SYNC, "settle"}, {LIST_NATIVE, "native"},    {LIST_BELOW, "below"},
    {LIST_TREES, "trees"},     {LIST_PRESERVED, "asides"}, {LIST_EXAMINE, "examine"},
    {LIST_POOLS, "pools"},     {LIST_SPACE, "space"},      {LIST_OBSTACLES, "ways"},
    {LIST_KEYS, "keys"},       {LIST_OPENS, "opens"},      {LIST_BESIDE, "beside"},
    {LIST_SEEN, "seen"},       {LIST_PLACES, "places"},    {LIST_MAY, "may"},
};

/* --- listings in parts --- */

/* An answer is one message, which has a limit; a dataset takes some 7 KiB of it, more with many snapshots. So another host
 * is asked about so many at a time. */
#ifndef LIST_AT_A_TIME
#define LIST_AT_A_TIME 2000u
#endif

static void add_all(nvlist_t *to, const nvlist_t *from, const char *key)
{
	const nvlist_t *more = nv_nv(from, key);
	nvlist_t *all = nv_nv(to, key);

	if (all == NULL && more != NULL)
		nv_add_nv(to, key, more);
	else
		nv_each(more, p)
			nv_add_nv(all, nvpair_name(p), nv_nv(more, nvpair_name(p)));
}

static void add_strs(nvlist_t *to, const nvlist_t *from, const char *key)
{
	struct strv all = {0};
	const nvlist_t *both[] = {to, from};

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		size_t n;
		char **items = nv_strs(both[i], key, &n);
		for (size_t k = 0; k < n; k++)
			if (!strv_has(&all, items[k]))
				strv_add(&all, items[k]);
	}
	nv_add_strs(to, key, all.items, all.n);
	strv_free(&all);
}

/* What one part's answer has is added to that of the parts before. */
static void add_part(nvlist_t *to, const nvlist_t *from)
{
	const nvlist_t *unreadable = nv_nv(from, "unreadable");

	add_all(to, from, "datasets");
	add_all(to, from, "pools");
	add_strs(to, from, "pools_away");
	add_strs(to, from, "pools_readonly");
	nvlist_t *all = nv_nv(to, "unreadable");
	if (all == NULL && unreadable != NULL)
		nv_add_nv(to, "unreadable", unreadable);
	else
		nv_each(unreadable, p)
			nv_add_str(all, nvpair_name(p), nv_str(unreadable, nvpair_name(p)));
}

/* The names of one part, and those of all that is above them, which is what their keys are told by. */
static void ask_for(nvlist_t *args, const struct strv *sorted, size_t first, size_t n)
{
	struct strv part = {0};

	for (size_t i = first; i < first + n; i++) {
		const char *before = i > first ? sorted->items[i - 1] : "";
		for (char *next, *above = name_parent(sorted->items[i]); above != NULL;
		     above = next) {
			bool new = !name_within(before, above);
			if (new &&sorted_from(sorted->items, first, above) < first &&
			    sorted_has(sorted->items, first, above))
				strv_add(&part, above);
			next = new ? name_parent(above) : NULL;
			free(above);
		}
		strv_add(&part, sorted->items[i]);
	}
	nv_add_strs(args, "datasets", part.items, part.n);
	strv_free(&part);
}

static struct err *list_part(struct ctx *c, struct host *h, nvlist_t *args,
			     const struct strv *sorted, size_t first, size_t n, nvlist_t **result)
{
	nvlist_t *one = NULL;

	ask_for(args, sorted, first, n);
	struct err *e = call(c, h, OP_LIST, n, args, &one);
	if (e != NULL && e->code == E2BIG && n > 1) {
		err_free(e);
		e = list_part(c, h, args, sorted, first, n / 2, result);
		return e != NULL ? e
				 : list_part(c, h, args, sorted, first + n / 2, n - n / 2, result);
	}
	if (e == NULL && *result == NULL) {
		*result = one;
		return NULL;
	}
	if (e == NULL)
		add_part(*result, one);
	nv_free(one);
	return e;
}

static struct err *list_in_parts(struct ctx *c, struct host *h, nvlist_t *args,
				 const struct strv *names, nvlist_t **result)
{
	struct strv sorted = {0};
	struct err *e = NULL;

	for (size_t i = 0; i < names->n; i++)
		strv_add(&sorted, names->items[i]);
	sorted_sort(sorted.items, sorted.n);
	for (size_t i = 0; i < sorted.n && e == NULL; i += LIST_AT_A_TIME) {
		size_t left = sorted.n - i;
		e = list_part(c, h, args, &sorted, i, left < LIST_AT_A_TIME ? left : LIST_AT_A_TIME,
			      result);
	}
	strv_free(&sorted);
	return e;
}

static bool lists(const nvlist_t *datasets, const char *prop)
{
	nv_each(datasets, p)
		if (nv_str(nv_nv(nv_value(p), "value"), prop) != NULL)
			return true;
	return false;
}

/* A listing has all settings that were asked for, of whatever type a dataset is ("-"), but for those that the host's ZFS
 * does not know. */
static void note_unknown(struct host *h, const nvlist_t *listing)
{
	const nvlist_t *datasets = nv_nv(listing, "datasets");
	struct strv settings = {0}, unknown = {0};

	if (host_unknown(h) != NULL || !lists(datasets, "compression"))
		return;
	native_names(&settings);
	for (size_t i = 0; i < settings.n; i++)
		if (!lists(datasets, settings.items[i]))
			strv_add(&unknown, settings.items[i]);
	host_note_unknown(h, &unknown);
	strv_free(&unknown);
	strv_free(&settings);
}

struct err *ctx_list(struct ctx *c, struct host *h, const struct strv *names, unsigned flags,
		     struct side *out)
{
	nvlist_t *args = nv_new(), *result = NULL;
	struct strv own = {0};

	*out = (struct side){0};
	nv_add_str(args, "tag", c->tag);
	if (names != NULL)
		nv_add_strs(args, "datasets", names->items, names->n);
	schema_names(&own);
	nv_add_strs(args, "own", own.items, own.n);
	strv_free(&own);
	if (flags & LIST_SETTINGS) {
		struct strv settings = {0};
		native_names(&settings);
		strv_add(&settings, "used");
		nv_add_strs(args, "settings", settings.items, settings.n);
		strv_free(&settings);
	}
	for (size_t i = 0; i < ARRAY_LEN(list_args); i++)
		if ((flags & list_args[i].flags) == list_args[i].flags)
			nv_add_flag(args, list_args[i].name);
	nv_add_flag(args, "apart");
	struct err *e = names != NULL && names->n > 0 && !host_is_local(h)
			    ? list_in_parts(c, h, args, names, &result)
			    : call(c, h, OP_LIST, names != NULL ? names->n : 0, args, &result);
	if (e == NULL)
		e = side_read(result, c->tag, host_name(h), out);
	if (e == NULL && (flags & LIST_SETTINGS) != 0)
		note_unknown(h, result);
	if (e == NULL && out->unreadable.n > 0 && (flags & LIST_APART) == 0) {
		e = plan_unreadable(out->unreadable.items[0], host_name(h),
				    out->unreadable_props.items[0]);
		side_free(out);
	}
	nv_free(result);
	nv_free(args);
	return e;
}

static bool has(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A master that a crash has left aside, in the middle of its way back to an older snapshot, is meant by the
 * name that it had. *meant is the caller's; NULL: that name is among the others already. What is kept is
 * a dataset as any other otherwise, so it is looked at. */
static struct err *name_meant(struct ctx *c, const char *const *names, size_t n, const char *name,
			      char **meant)
{
	char *before = preserved_name_before(name);
	struct strv one = {0};
	struct side side = {0};
	struct err *e = NULL;

	*meant = NULL;
	if (before == NULL) {
		*meant = mem_strdup(name);
		return NULL;
	}
	free(before);
	strv_add(&one, name);
	if ((e = ctx_list(c, c->local, &one, LIST_APART, &side)) == NULL &&
	    side_find(&side, name) != NULL)
		*meant = dataset_name_before(side_find(&side, name));
	if (*meant != NULL && strcmp(*meant, name) != 0 && has(names, n, *meant)) {
		free(*meant);
		*meant = NULL;
	}
	side_free(&side);
	strv_free(&one);
	return e;
}

/* Those whose pools are not imported: what works on them says so. */
static struct err *add_away(struct ctx *c, struct strv *names, struct strv *hosts, struct strv *fss)
{
	struct side side;
	struct strv away = {0};
	struct err *e = ctx_list(c, c->local, NULL, LIST_APART | LIST_SEEN, &side);

	if (e != NULL)
		return e;
	plan_masters_away(&side, &away);
	for (size_t i = 0; i < away.n; i++) {
		strv_add(names, away.items[i]);
		if (hosts != NULL)
			strv_add(hosts, "");
		if (fss != NULL)
			strv_add(fss, "");
	}
	strv_free(&away);
	side_free(&side);
	return NULL;
}

struct err *ctx_masters(struct ctx *c, struct strv *names, struct strv *hosts, struct strv *fss)
{
	nvlist_t *args = nv_new(), *result = NULL;
	size_t n, m, k, away;

	nv_add_str(args, "tag", c->tag);
	nv_add_flag(args, "masters");
	nv_add_flag(args, "seen");
	struct err *e = call(c, c->local, OP_LIST, 0, args, &result);
	char **name = nv_strs(result, "names", &n), **host = nv_strs(result, "hosts", &m),
	     **fs = nv_strs(result, "fss", &k);
	for (size_t i = 0; e == NULL && i < n && n == m && n == k; i++) {
		char *meant;
		e = name_meant(c, (const char *const *)name, n, name[i], &meant);
		if (meant == NULL)
			continue;
		strv_add(names, meant);
		if (hosts != NULL)
			strv_add(hosts, host[i]);
		if (fss != NULL)
			strv_add(fss, fs[i]);
		free(meant);
	}
	(void)nv_strs(result, "seen", &away);
	if (e == NULL && away > 0)
		e = add_away(c, names, hosts, fss);
	nv_free(result);
	nv_free(args);
	return e;
}

/* Below it, and of the same role with the same host: a change of the role takes it along. */
static bool goes_along(const struct dataset *top, const struct dataset *d)
{
	return strcmp(d->name, top->name) != 0 && name_within(d->name, top->name) &&
	       d->role == top->role &&
	       ((d->role == ROLE_MASTER && str_same(d->dest_host, top->dest_host)) ||
		(d->role == ROLE_REPLICA && str_same(d->src_host, top->src_host)));
}

struct err *ctx_tree_names(struct ctx *c, struct strv *names, unsigned which)
{
	struct side some = {0}, all = {0};
	bool any = false;

	for (size_t i = 0; i < names->n; i++)
		if (!name_is_dataset(names->items[i]))
			return NULL; /* whoever works on them says what is wrong with it */
	struct err *e = names->n > 0 ? ctx_list(c, c->local, names, LIST_APART, &some) : NULL;

	for (size_t i = 0; i < some.n; i++)
		any = any || some.datasets[i].recursive || (which & TREE_ALONG) != 0;
	if (e == NULL && any)
		e = ctx_list(c, c->local, NULL, LIST_APART, &all);
	/* Whether it belongs to the tree cannot be seen; if it did, the tree would not be whole without it. */
	for (size_t i = 0; i < all.unreadable.n; i++)
		for (size_t k = 0; k < some.n; k++)
			if (some.datasets[k].recursive &&
			    name_within(all.unreadable.items[i], some.datasets[k].name) &&
			    !strv_has(names, all.unreadable.items[i]))
				strv_add(names, all.unreadable.items[i]);
	struct strv named = {0};
	for (size_t i = 0; i < names->n; i++)
		strv_add(&named, names->items[i]);
	sorted_sort(named.items, named.n);
	for (size_t i = 0; i < all.n; i++) {
		struct dataset d = all.datasets[i];
		char *before = dataset_name_before(&d);
		bool within = false;
		if ((which & TREE_ASIDE) != 0)
			d.name = before;
		for (size_t k = 0; k < some.n && !within; k++)
			within =
			    (some.datasets[k].recursive && plan_is_part(&some.datasets[k], &d) &&
			     ((which & TREE_ANY_ROLE) != 0 || d.role == some.datasets[k].role)) ||
			    (some.datasets[k].recursive && (which & TREE_ANY_ROLE) != 0 &&
			     some.datasets[k].role == ROLE_REPLICA &&
			     plan_was_part(&some.datasets[k], &d)) ||
			    ((which & TREE_ALONG) != 0 && goes_along(&some.datasets[k], &d));
		if (within && !sorted_has(named.items, named.n, d.name))
			strv_add(names, d.name);
		free(before);
	}
	strv_free(&named);
	side_free(&some);
	side_free(&all);
	return e;
}

/* Who had to go for us, or did not. */
static void say_owners(const struct ctx *c, const struct host *h, const nvlist_t *result)
{
	const nvlist_t *gone = nv_nv(result, "gone"), *without = nv_nv(result, "without");

	nv_each(gone, p)
		ui_note(&c->ui, "%s on %s was locked, and has been let go of: %s", nvpair_name(p),
			host_name(h), nv_str(gone, nvpair_name(p)));
	nv_each(without, p)
		ui_note(
		    &c->ui,
		    "%s on %s is still locked (%s); this run goes on without: when ZFS lets go of "
		    "what that one has begun, a receive, a rollback or a step of a role change may "
		    "still be carried out, so restart %s, or see that its process has ended, "
		    "before "
		    "the dataset is relied on",
		    nvpair_name(p), host_name(h), nv_str(without, nvpair_name(p)), host_name(h));
}

/* --- our own locks --- */

/* Of the hosts that are waited for, one that moves is enough: they have datasets of their own. But all that is waited for
 * here goes through this host. */
static uint64_t quiet(void *ctx)
{
	struct ctx *c = ctx;
	uint64_t here, there = UINT64_MAX, one;

	here = host_waits(c->local, &here) ? here : 0;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_remotes; i++)
		if (host_waits(c->remotes[i], &one) && one < there)
			there = one;
	pthread_mutex_unlock(&c->lock);
	return there != UINT64_MAX && there > here ? there : here;
}

uint64_t ctx_quiet(struct ctx *c)
{
	uint64_t least = UINT64_MAX, one;

	if (host_waits(c->local, &one))
		least = one;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_remotes; i++)
		if (host_waits(c->remotes[i], &one) && one < least)
			least = one;
	pthread_mutex_unlock(&c->lock);
	return least != UINT64_MAX ? least : 0;
}

/* What hangs is given up; what does not goes on to its end, as after a signal. */
static void go(void *ctx, const char *who, uint64_t ms)
{
	struct ctx *c = ctx;
	char text[NUM_TEXT];

	if (ms < LOCK_QUIET_MIN) /* it gives way */
		ui_note(&c->ui, "asked to make way, by: %s", who);
	else
		ui_note(&c->ui, "asked to let go of its locks, after %s without progress, by: %s",
			num_seconds(text, ms / 1000), who);
	atomic_store(&c->asked_to_go, true);
	cancel_set(c->cancel, SIGTERM);
	if (!host_is_well(c->local))
		host_let_go(c->local);
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_remotes; i++)
		host_let_go(c->remotes[i]);
	pthread_mutex_unlock(&c->lock);
}

void ctx_answer(struct ctx *c, const char *verb, bool gives_way)
{
	host_answer(
	    c->local, verb,
	    &(struct lock_owner){.quiet = quiet, .go = go, .ctx = c, .gives_way = gives_way});
}

void ctx_be_silent(struct ctx *c)
{
	host_be_silent(c->local);
}

/* What was taken is to be given back just as often. Several threads of a session take at a time. */
static void note_held(struct ctx *c, struct host *h, const struct strv *names, const nvlist_t *busy,
		      struct held *held)
{
	pthread_mutex_lock(&c->lock);
	struct held_at *at = NULL;
	for (size_t i = 0; i < held->n; i++)
		if (held->at[i].host == h)
			at = &held->at[i];
	if (at == NULL) {
		held->at = mem_array(held->at, held->n + 1, sizeof(*held->at));
		at = &held->at[held->n++];
		*at = (struct held_at){.host = h};
	}
	for (size_t i = 0; i < names->n; i++)
		if (nv_str(busy, names->items[i]) == NULL)
			strv_add(&at->names, names->items[i]);
	pthread_mutex_unlock(&c->lock);
}

void ctx_tell_spared(struct ctx *c, const struct host *h)
{
	if (host_may_destroy(h, false))
		return;
	pthread_mutex_lock(&c->lock);
	bool told = strv_has(&c->spared, host_name(h));
	if (!told)
		strv_add(&c->spared, host_name(h));
	pthread_mutex_unlock(&c->lock);
	if (told)
		return;
	char *text =
	    remedy_fmt("%s lets this key destroy nothing (%s): its snapshots expire by what "
		       "runs there, `{zrep expire -L}`",
		       host_name(h), host_confined(h));
	ui_note(&c->ui, "%s", text);
	free(text);
}

static struct err *lock_once(struct ctx *c, struct host *h, const struct strv *names,
			     enum lock_mode mode, nvlist_t **busy)
{
	nvlist_t *args = nv_new(), *result = NULL;

	*busy = NULL;
	nv_add_str(args, "tag", c->tag);
	nv_add_strs(args, "datasets", names->items, names->n);
	nv_add_str(args, "mode", lock_mode_word(mode));
	if (c->asks_owners) {
		nv_add_u64(args, "ask", c->timeout);
		if (c->waits_for_owners)
			nv_add_flag(args, "wait");
		if (c->forces_owners)
			nv_add_flag(args, "force");
		if (c->end_syncs && h == c->local)
			nv_add_flag(args, "ends");
	}
	if (c->locks_briefly)
		nv_add_flag(args, "brief");
	struct err *e = call(c, h, OP_LOCK, names->n, args, &result);
	if (e == NULL && nv_nv(result, "busy") != NULL)
		*busy = nv_dup(nv_nv(result, "busy"));
	say_owners(c, h, result);
	nv_free(result);
	nv_free(args);
	return e;
}

void ctx_unlock(struct ctx *c, struct held *held)
{
	for (size_t i = 0; i < held->n; i++) {
		nvlist_t *args = nv_new();
		const struct held_at *at = &held->at[i];
		nv_add_str(args, "tag", c->tag);
		nv_add_strs(args, "datasets", at->names.items, at->names.n);
		if (at->names.n > 0)
			err_free(call(c, at->host, OP_UNLOCK, at->names.n, args, NULL));
		nv_free(args);
	}
	held_free(held);
}

/* How often somebody who is waited for is looked at. */
#define WAIT_MS 500

static void say_waits(struct ctx *c, const struct host *h, const nvlist_t *busy)
{
	nv_each(busy, p) {
		const char *name = nvpair_name(p);
		ui_note(&c->ui, "%s on %s is waited for: %s", name, host_name(h),
			nv_str(busy, name));
		return; /* one is enough */
	}
}

struct err *ctx_lock(struct ctx *c, struct host *h, const struct strv *names, enum lock_mode mode,
		     struct held *held, nvlist_t **busy)
{
	for (bool told = false;; told = true) {
		struct held some = {0};
		struct err *e = lock_once(c, h, names, mode, busy);
		bool again = e == NULL && !nv_empty(*busy) && clock_ms() < c->wait_end &&
			     !cancelled(c->cancel);
		if (e == NULL)
			note_held(c, h, names, *busy, again ? &some : held);
		if (!again)
			return e;
		if (!told)
			say_waits(c, h, *busy);
		ctx_unlock(c, &some);
		nv_free(*busy);
		*busy = NULL;
		nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
	}
}

void held_free(struct held *held)
{
	for (size_t i = 0; i < held->n; i++)
		strv_free(&held->at[i].names);
	free(held->at);
	*held = (struct held){0};
}
