#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/context.h"
#include "plan/plan.h"
#include "state/schema.h"
#include "util/clock.h"
#include "util/mem.h"
#include "zfs/ops.h"

bool ctx_flag(const struct ctx *c, char letter)
{
	return strchr(c->flags, letter) != NULL;
}

bool ctx_own_only(const struct ctx *c)
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

struct err *ctx_host(struct ctx *c, const char *name, struct host **out)
{
	struct err *e;

	*out = NULL;
	if (ctx_is_self(c, name)) {
		*out = c->local;
		return NULL;
	}
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_remotes; i++)
		if (strcmp(host_name(c->remotes[i]), name) == 0)
			*out = c->remotes[i];
	pthread_mutex_unlock(&c->lock);
	if (*out != NULL)
		return NULL;
	if ((e = name_check_host(name)) != NULL)
		return e;
	struct ssh_opts opts = {.ssh = c->settings.ssh,
				.zrep_path = c->settings.zrep_path,
				.version = ZREP_VERSION,
				.self = c->self,
				.tag = c->tag,
				.timeout = c->timeout,
				.cancel = c->cancel,
				.batch = !isatty(STDIN_FILENO)};
	double begun = clock_now();
	if ((e = host_remote(name, &opts, out)) != NULL)
		return e;
	char *speech = host_speech(*out);
	char *text = str_fmt("connect to %s: %s, %.3f s", name, speech, clock_now() - begun);
	ui_trace(&c->ui, text);
	free(text);
	free(speech);
	pthread_mutex_lock(&c->lock);
	c->remotes = mem_array(c->remotes, c->n_remotes + 1, sizeof(struct host *));
	c->remotes[c->n_remotes++] = *out;
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void ctx_drop(struct ctx *c, const char *name)
{
	struct host *gone = NULL;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_remotes; i++)
		if (strcmp(host_name(c->remotes[i]), name) == 0) {
			gone = c->remotes[i];
			c->remotes[i] = c->remotes[--c->n_remotes];
			break;
		}
	pthread_mutex_unlock(&c->lock);
	(void)host_close(gone);
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
	if (flags & LIST_SETTLE)
		nv_add_flag(args, "settle");
	if (flags & LIST_NATIVE)
		nv_add_flag(args, "native");
	if (flags & LIST_BELOW)
		nv_add_flag(args, "below");
	if (flags & LIST_TREES)
		nv_add_flag(args, "trees");
	if (flags & LIST_ASIDES)
		nv_add_flag(args, "asides");
	if (flags & LIST_EXAMINE)
		nv_add_flag(args, "examine");
	if (flags & LIST_POOLS)
		nv_add_flag(args, "pools");
	struct err *e = call(c, h, OP_LIST, names != NULL ? names->n : 0, args, &result);
	if (e == NULL)
		e = side_read(result, c->tag, host_name(h), out);
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
	char *before = change_name_before(name);
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
	if ((e = ctx_list(c, c->local, &one, 0, &side)) == NULL && side_find(&side, name) != NULL)
		*meant = dataset_name_before(side_find(&side, name));
	if (*meant != NULL && strcmp(*meant, name) != 0 && has(names, n, *meant)) {
		free(*meant);
		*meant = NULL;
	}
	side_free(&side);
	strv_free(&one);
	return e;
}

struct err *ctx_masters(struct ctx *c, struct strv *names, struct strv *hosts, struct strv *fss)
{
	nvlist_t *args = nv_new(), *result = NULL;
	size_t n, m, k;

	nv_add_str(args, "tag", c->tag);
	nv_add_flag(args, "masters");
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
	nv_free(result);
	nv_free(args);
	return e;
}

struct err *ctx_tree_names(struct ctx *c, struct strv *names, bool any_role)
{
	struct side some = {0}, all = {0};
	bool any = false;

	for (size_t i = 0; i < names->n; i++)
		if (!name_is_dataset(names->items[i]))
			return NULL; /* whoever works on them says what is wrong with it */
	struct err *e = names->n > 0 ? ctx_list(c, c->local, names, 0, &some) : NULL;

	for (size_t i = 0; i < some.n; i++)
		any = any || some.datasets[i].recursive;
	if (e == NULL && any)
		e = ctx_list(c, c->local, NULL, 0, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct dataset *d = &all.datasets[i];
		bool within = false;
		for (size_t k = 0; k < some.n && !within; k++)
			within = some.datasets[k].recursive && plan_is_part(&some.datasets[k], d) &&
				 (any_role || d->role == some.datasets[k].role);
		if (within && !has((const char *const *)names->items, names->n, d->name))
			strv_add(names, d->name);
	}
	side_free(&some);
	side_free(&all);
	return e;
}

struct err *ctx_lock(struct ctx *c, struct host *h, const struct strv *names, nvlist_t **busy)
{
	nvlist_t *args = nv_new(), *result = NULL;

	*busy = NULL;
	nv_add_str(args, "tag", c->tag);
	nv_add_strs(args, "datasets", names->items, names->n);
	struct err *e = call(c, h, OP_LOCK, names->n, args, &result);
	if (e == NULL && nv_nv(result, "busy") != NULL)
		*busy = nv_dup(nv_nv(result, "busy"));
	nv_free(result);
	nv_free(args);
	return e;
}

void ctx_unlock(struct ctx *c, struct host *h, const struct strv *names)
{
	nvlist_t *args = nv_new();

	nv_add_str(args, "tag", c->tag);
	nv_add_strs(args, "datasets", names->items, names->n);
	err_free(call(c, h, OP_UNLOCK, names->n, args, NULL));
	nv_free(args);
}
