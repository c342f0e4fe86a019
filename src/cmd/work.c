/* Jobs: the datasets that a verb works on, from their names to what both sides hold. */
#include "cmd/work.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work_int.h"
#include "util/mem.h"
#include "zfs/ops.h"

struct err *busy_error(const char *dataset, const char *host, const char *owner)
{
	return err_remedy(err_new(ERR_BUSY, "%s on %s is busy: %s", dataset, host, owner),
			  "wait for it, or see what it does");
}

struct err *script_error(const struct ctx *c, const struct dataset *d, const char *host)
{
	return err_remedy(
	    err_new(ERR_BUSY, "%s on %s is locked by a running zrep script", d->name, host),
	    "wait for it; if no zrep script runs there: zfs inherit %s:lock-pid %s", c->tag,
	    d->name);
}

static struct err *is_aside(const struct ctx *c, const struct job *j)
{
	char *command = plan_settler(c->tag, j->near_aside);
	struct err *e = err_remedy(err_new(ERR_REFUSED,
					   "%s on %s is on its way back to an older snapshot, and "
					   "is %s for the moment",
					   j->name, c->self, j->near_aside->name),
				   "if nobody is at it: on %s, %s", c->self, command);

	free(command);
	return e;
}

/* Fills error and near of one job from what this host holds. */
static void look_up(struct work *w, struct job *j)
{
	const char *self = w->c->self;

	j->near = side_find(&w->near, j->name);
	j->near_aside = side_aside(&w->near, j->name);
	j->near_pool.away = j->near == NULL && side_pool_away(&w->near, j->name);
	j->near_pool.readonly = side_pool_readonly(&w->near, j->name);
	if (j->error != NULL)
		return;
	if (j->near == NULL && j->fresh)
		return;
	if (j->near_pool.away && j->near_aside == NULL)
		j->error = plan_pool_away(j->name, self);
	else if (j->near == NULL && j->near_aside == NULL)
		j->error = err_remedy(err_new(ERR_FAILED, "%s on %s does not exist", j->name, self),
				      "`zrep list` shows the datasets that zrep knows");
	else if (j->near == NULL && !w->half)
		j->error = is_aside(w->c, j);
	else if (j->near != NULL && j->near->script)
		j->error = script_error(w->c, j->near, self);
}

static void make_jobs(struct work *w, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss)
{
	w->jobs = mem_zalloc(names->n * sizeof(struct job));
	for (size_t i = 0; i < names->n; i++) {
		struct job *j = &w->jobs[w->n++];
		j->name = mem_strdup(names->items[i]);
		j->error = name_check_dataset(j->name);
		for (size_t k = 0; k < i && j->error == NULL; k++)
			if (strcmp(names->items[k], j->name) == 0)
				j->error = err_new(ERR_USAGE, "%s is named twice", j->name);
		if (hosts != NULL && *hosts->items[i] != '\0' && name_is_dataset(fss->items[i])) {
			j->far_host = mem_strdup(hosts->items[i]);
			j->far_fs = mem_strdup(fss->items[i]);
		}
	}
}

struct strv names_of(const struct work *w, const struct far *far, bool all)
{
	struct strv names = {0};

	for (size_t i = 0; i < w->n; i++) {
		const struct job *j = &w->jobs[i];
		if (j->error != NULL && !all)
			continue;
		if (far == NULL && name_is_dataset(j->name))
			strv_add(&names, j->name);
		else if (far != NULL && j->far_host != NULL && strcmp(j->far_host, far->name) == 0)
			strv_add(&names, j->far_fs);
	}
	return names;
}

static struct err *lock_near(struct work *w)
{
	struct strv names = names_of(w, NULL, false);
	nvlist_t *busy = NULL;
	struct err *e =
	    names.n > 0 && !w->c->dry_run ? ctx_lock(w->c, w->c->local, &names, &busy) : NULL;

	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL && nv_str(busy, w->jobs[i].name) != NULL) {
			w->jobs[i].busy = true;
			w->jobs[i].error =
			    busy_error(w->jobs[i].name, w->c->self, nv_str(busy, w->jobs[i].name));
		}
	nv_free(busy);
	strv_free(&names);
	return e;
}

struct err *work_list(struct ctx *c, struct host *h, const struct strv *names, unsigned flags,
		      struct side *out)
{
	struct err *e = ctx_list(c, h, names, flags, out);
	struct strv missing = {0};
	bool back = false;

	for (size_t i = 0; e == NULL && i < names->n; i++) {
		const struct dataset *d = side_find(out, names->items[i]);
		back = back || (d != NULL && d->change.kind == CHANGE_BACK);
		if (d == NULL)
			strv_add(&missing, names->items[i]);
	}
	/* Most are missing because they have yet to be made, and all that a way back has to know is dear. */
	if (e == NULL && !back && missing.n > 0 && (flags & LIST_ASIDES) == 0) {
		struct side some = {0};
		e = ctx_list(c, h, &missing, LIST_ASIDES, &some);
		back = some.n > 0;
		side_free(&some);
	}
	strv_free(&missing);
	if (e != NULL || !back || (flags & LIST_ASIDES))
		return e;
	side_free(out);
	return ctx_list(c, h, names, flags | LIST_WAY, out);
}

struct err *near_look(struct work *w, unsigned flags)
{
	struct strv names = names_of(w, NULL, true);
	struct err *e;

	side_free(&w->near);
	e = names.n > 0 ? work_list(w->c, w->c->local, &names, flags, &w->near) : NULL;
	for (size_t i = 0; i < w->n; i++) {
		w->jobs[i].near = NULL;
		w->jobs[i].near_aside = NULL;
		if (e == NULL)
			look_up(w, &w->jobs[i]);
	}
	strv_free(&names);
	return e;
}

struct err *work_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss, unsigned list_flags, struct work *out)
{
	*out = (struct work){
	    .c = c, .far_flags = out->far_flags, .half = (list_flags & LIST_HALF) != 0};
	make_jobs(out, names, hosts, fss);
	struct err *e = lock_near(out);
	if (e == NULL && hosts != NULL)
		far_start(out);
	/* A busy dataset is read all the same: -q wants to know when it was synced. */
	return e != NULL ? e : near_look(out, list_flags);
}

void work_busy_free(struct work_busy *b)
{
	nv_free(b->near);
	nv_free(b->far);
	err_free(b->error);
}

void work_lock(struct work *w, size_t like, const struct strv *near, const struct strv *far,
	       struct work_busy *out)
{
	struct host *host = w->jobs[like].host;

	*out = (struct work_busy){0};
	if (w->c->dry_run)
		return;
	out->error = ctx_lock(w->c, w->c->local, near, &out->near);
	if (out->error == NULL)
		out->error = ctx_lock(w->c, host, far, &out->far);
}

size_t work_add(struct work *w, size_t like, const char *name, const char *far_fs,
		const struct work_busy *busy)
{
	const char *owner = nv_str(busy->near, name);

	w->jobs = mem_array(w->jobs, w->n + 1, sizeof(struct job));
	struct job *j = &w->jobs[w->n];
	*j = (struct job){.name = mem_strdup(name),
			  .far_host = mem_strdup(w->jobs[like].far_host),
			  .far_fs = mem_strdup(far_fs),
			  .pull = w->jobs[like].pull,
			  .busy = owner != NULL,
			  .error = owner != NULL ? busy_error(name, w->c->self, owner)
						 : err_copy(busy->error)};
	far_add(w, j, busy);
	return w->n++;
}

const struct dataset *job_src(const struct job *j)
{
	return j->pull ? j->far : j->near;
}

const struct dataset *job_dst(const struct job *j)
{
	return j->pull ? j->near : j->far;
}

const char *job_src_name(const struct job *j)
{
	return j->pull ? j->far_fs : j->name;
}

const char *job_dst_name(const struct job *j)
{
	return j->pull ? j->name : j->far_fs;
}

struct sync_opts work_sync_opts(const struct ctx *c)
{
	return (struct sync_opts){.own_only = ctx_own_only(c),
				  .all = ctx_all_snaps(c),
				  .no_expire = c->settings.skip_expire};
}

void job_free(struct job *j)
{
	free(j->name);
	free(j->origin);
	strv_free(&j->via);
	free(j->far_host);
	free(j->far_fs);
	free(j->left_out);
	err_free(j->error);
	err_free(j->away);
}

void work_free(struct work *w)
{
	far_join(w);
	for (size_t i = 0; i < w->n; i++)
		job_free(&w->jobs[i]);
	far_free(w);
	side_free(&w->near);
	for (size_t i = 0; i < w->n_wholes; i++)
		side_free(&w->wholes[i]);
	free(w->wholes);
	free(w->jobs);
}

/* A resume token can be explained by the side that has to send. */
static void explain_token(struct work *w, struct job *j, struct pair *p)
{
	struct host *src = j->pull ? j->host : w->c->local;
	nvlist_t *args, *result = NULL;

	if (p->dst == NULL || p->dst->token == NULL || src == NULL)
		return;
	args = nv_new();
	nv_add_str(args, "token", p->dst->token);
	struct err *e = host_call(src, OP_TOKEN, args, &result);
	p->token_dead = e != NULL || nv_str(result, "dead") != NULL;
	p->token_to = nv_u64(result, "toguid", 0);
	p->token_from = nv_u64(result, "fromguid", 0);
	err_free(e);
	nv_free(result);
	nv_free(args);
}

static const char *far_self(struct work *w, const struct job *j)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (j->far_host != NULL && strcmp(w->fars[i].name, j->far_host) == 0)
			return w->fars[i].side.host;
	return NULL;
}

/* What the other side is called, also where it is not asked. */
const char *work_far_name(const struct job *j)
{
	const struct dataset *d = j->near != NULL ? j->near : j->near_aside;
	const char *stored = d == NULL                 ? NULL
			     : d->role == ROLE_REPLICA ? d->src_host
						       : d->dest_host;

	if (j->host != NULL)
		return host_name(j->host);
	if (j->far_host != NULL)
		return j->far_host;
	return stored != NULL ? stored : "nowhere";
}

/* Datasets below the source of j that are no job's. */
static size_t strangers(const struct work *w, const struct job *j)
{
	const struct dataset *d = j->pull ? j->far : j->near;
	size_t n = 0;

	for (size_t i = 0; d != NULL && i < d->below.n; i++) {
		bool known = false;
		for (size_t k = 0; k < w->n && !known; k++) {
			const char *name = j->pull ? w->jobs[k].far_fs : w->jobs[k].name;
			known = name != NULL && strcmp(name, d->below.items[i]) == 0;
		}
		n += !known;
	}
	return n;
}

/* All but what takes another question. */
static struct pair pair_of(struct work *w, const struct job *j)
{
	const char *far = work_far_name(j);
	bool away = j->away != NULL || j->host == NULL;
	struct pair p = {.tag = w->c->tag,
			 .pull = j->pull,
			 .now = (uint64_t)time(NULL),
			 .date_format = w->c->settings.date_format};

	if (j->pull) {
		p.src_host = far, p.dst_host = w->c->self;
		p.src_self = far_self(w, j), p.dst_self = w->c->self;
		p.src = j->far, p.dst = j->near;
		p.src_aside = j->far_aside, p.dst_aside = j->near_aside;
		p.src_name = j->far_fs, p.dst_name = j->name;
		p.src_away = away;
		p.src_pool_away = j->far_pool.away, p.dst_pool_away = j->near_pool.away;
		p.src_pool_readonly = j->far_pool.readonly;
		p.dst_pool_readonly = j->near_pool.readonly;
	} else {
		p.src_host = w->c->self, p.dst_host = far;
		p.src_self = w->c->self, p.dst_self = far_self(w, j);
		p.src = j->near, p.dst = j->far;
		p.src_aside = j->near_aside, p.dst_aside = j->far_aside;
		p.src_name = j->name, p.dst_name = j->far_fs;
		p.dst_away = away;
		p.src_pool_away = j->near_pool.away, p.dst_pool_away = j->far_pool.away;
		p.src_pool_readonly = j->near_pool.readonly;
		p.dst_pool_readonly = j->far_pool.readonly;
	}
	return p;
}

void work_check_named(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i], asks = *j;
		asks.pull = true;
		if (j->error != NULL || j->near == NULL ||
		    (!j->pull && j->near->role != ROLE_REPLICA))
			continue;
		struct pair p = pair_of(w, &asks);
		j->error = plan_check_named(&p);
	}
}

struct pair work_pair(struct work *w, struct job *j)
{
	struct pair p = pair_of(w, j);

	if (j->whole != NULL)
		p.src = j->whole;
	p.src_strangers = strangers(w, j);
	explain_token(w, j, &p);
	return p;
}
