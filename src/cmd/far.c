/* The other sides of a run's datasets: connected to, locked and read, all hosts at the same time. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work_int.h"
#include "util/mem.h"

/* The name comes from a property, which anybody may have set who may set properties. */
static struct err *check_far_name(const struct ctx *c, const char *name)
{
	struct err *e = name_check_host(name);

	if (e != NULL)
		e->kind = ERR_REFUSED;
	return err_remedy(e,
			  "it is what %s:dest-host (on a replica %s:src-host) says: correct it on "
			  "both sides",
			  c->tag, c->tag);
}

static void *look_far(void *arg)
{
	struct far *f = arg;
	struct ctx *c = f->work->c;

	if ((f->error = check_far_name(c, f->name)) == NULL)
		f->error = ctx_host(c, f->name, &f->host);
	if (f->error == NULL && !c->dry_run)
		f->error = ctx_lock(c, f->host, &f->datasets, &f->busy);
	if (f->error == NULL)
		f->error = work_list(c, f->host, &f->datasets, f->list_flags, &f->side);
	return NULL;
}

static struct far *find_far(struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (strcmp(w->fars[i].name, name) == 0)
			return &w->fars[i];
	return NULL;
}

static void start(struct far *f)
{
	if (pthread_create(&f->thread, NULL, look_far, f) != 0)
		mem_exhausted();
	f->running = true;
}

void far_start(struct work *w)
{
	w->fars = mem_zalloc(w->n * sizeof(struct far));
	for (size_t i = 0; i < w->n; i++) {
		const struct job *j = &w->jobs[i];
		if (j->error != NULL || j->far_host == NULL || find_far(w, j->far_host) != NULL)
			continue;
		struct far *f = &w->fars[w->n_fars++];
		f->work = w;
		f->name = mem_strdup(j->far_host);
		f->list_flags = w->far_flags;
		f->datasets = names_of(w, f, false);
		start(f);
	}
}

void far_join(struct work *w)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (w->fars[i].running) {
			pthread_join(w->fars[i].thread, NULL);
			w->fars[i].running = false;
		}
}

static void forget(struct far *f)
{
	err_free(f->error);
	nv_free(f->busy);
	side_free(&f->side);
	f->error = NULL;
	f->busy = NULL;
}

void far_free(struct work *w)
{
	for (size_t i = 0; i < w->n_fars; i++) {
		forget(&w->fars[i]);
		free(w->fars[i].name);
		strv_free(&w->fars[i].datasets);
	}
	free(w->fars);
}

/* Where the other side of a job is; false where there is none, or it is not wanted. Aside, a dataset has
 * another name than its pair knows, and no role by that. */
static bool other_side(const struct job *j, bool replicas, const char **host, const char **fs)
{
	const struct dataset *d = j->near != NULL ? j->near : j->near_aside;
	bool aside = d == j->near_aside;
	bool source = d->role == ROLE_MASTER || (aside && d->master);
	bool replica = d->role == ROLE_REPLICA || (aside && !d->master);

	*host = source ? d->dest_host : d->src_host;
	*fs = source ? d->dest_fs : d->src_fs;
	return (source || (replica && replicas)) && *host != NULL && *fs != NULL;
}

static void set_away(struct job *j, struct err *e)
{
	err_free(j->away);
	j->away = e;
}

static void attach(struct work *w, struct job *j, struct far *f)
{
	const char *owner = nv_str(f->busy, j->far_fs);

	j->host = NULL;
	j->far = j->far_aside = NULL;
	j->far_busy = owner != NULL;
	set_away(j, NULL);
	if (f->error != NULL) {
		set_away(j, err_wrap(err_copy(f->error), "%s", j->name));
	} else {
		j->host = f->host;
		j->far = side_find(&f->side, j->far_fs);
		j->far_aside = side_aside(&f->side, j->far_fs);
		j->far_pool.away = j->far == NULL && side_pool_away(&f->side, j->far_fs);
		j->far_pool.readonly = side_pool_readonly(&f->side, j->far_fs);
		if (owner != NULL)
			set_away(j, busy_error(j->far_fs, f->name, owner));
		else if (j->far != NULL && j->far->script)
			set_away(j, script_error(w->c, j->far, f->name));
	}
	if (j->host != NULL && host_is_local(j->host) && strcmp(j->far_fs, j->name) == 0) {
		err_free(j->error);
		j->error =
		    err_remedy(err_new(ERR_REFUSED, "%s on %s names itself as its own replica",
				       j->name, w->c->self),
			       "set %s:dest-host and %s:dest-fs as they are on the other side",
			       w->c->tag, w->c->tag);
		set_away(j, NULL);
	}
	/* Somebody at work there is no doubt about what is there. */
	if (j->away != NULL && (!w->patient || j->away->kind == ERR_BUSY) && j->error == NULL) {
		j->error = j->away;
		j->away = NULL;
	}
}

static void attach_all(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		struct far *f = j->far_host != NULL ? find_far(w, j->far_host) : NULL;
		if (f != NULL)
			attach(w, j, f);
	}
}

void work_reach(struct work *w, bool replicas)
{
	bool guessed = w->fars != NULL;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const char *host, *fs;
		if (j->error != NULL || !other_side(j, replicas, &host, &fs))
			continue;
		if (!guessed) {
			j->far_host = mem_strdup(host);
			j->far_fs = mem_strdup(fs);
		} else if (j->far_host == NULL || strcmp(j->far_host, host) != 0 ||
			   strcmp(j->far_fs, fs) != 0) {
			j->error =
			    err_remedy(err_new(ERR_BUSY, "%s on %s changed while it was looked at",
					       j->name, w->c->self),
				       "run the same command again");
		}
	}
	if (!guessed)
		far_start(w);
	far_join(w);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const char *host, *fs;
		if (j->error == NULL && j->far_host != NULL &&
		    (w->curious || other_side(j, replicas, &host, &fs)))
			attach(w, j, find_far(w, j->far_host));
	}
}

void far_add(struct work *w, const struct job *j, const struct work_busy *busy)
{
	struct far *f = find_far(w, j->far_host);
	const char *owner = nv_str(busy->far, j->far_fs);

	strv_add(&f->datasets, j->far_fs);
	if (owner == NULL)
		return;
	if (f->busy == NULL)
		f->busy = nv_new();
	nv_add_str(f->busy, j->far_fs, owner);
}

void far_look(struct work *w, unsigned flags)
{
	for (size_t i = 0; i < w->n_fars; i++) {
		struct far *f = &w->fars[i];
		if (f->error != NULL)
			continue;
		side_free(&f->side);
		f->error = work_list(w->c, f->host, &f->datasets, flags, &f->side);
	}
	attach_all(w);
}

/* An agent of ours that still dies has its locks for a while. */
#define RECONNECT_SECONDS 25

static bool is_busy(const struct far *f)
{
	return f->error == NULL && !nv_empty(f->busy);
}

void work_reconnect(struct work *w, unsigned flags)
{
	time_t end = time(NULL) + RECONNECT_SECONDS;

	for (size_t i = 0; i < w->n_fars; i++) {
		struct far *f = &w->fars[i];
		f->list_flags = flags;
		ctx_drop(w->c, f->name);
	}
	for (;;) {
		bool busy = false;
		for (size_t i = 0; i < w->n_fars; i++) {
			forget(&w->fars[i]);
			start(&w->fars[i]);
		}
		far_join(w);
		for (size_t i = 0; i < w->n_fars; i++)
			busy = busy || is_busy(&w->fars[i]);
		if (!busy || time(NULL) >= end || cancelled(w->c->cancel))
			break;
		nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	}
	struct err *e = near_look(w, flags);
	for (size_t i = 0; i < w->n && e != NULL; i++)
		w->jobs[i].error = err_first(w->jobs[i].error, err_copy(e));
	err_free(e);
	attach_all(w);
}

struct err *work_meet(struct work *w, struct job *j, const char *host, const char *fs,
		      struct side *out)
{
	struct ctx *c = w->c;
	const char *slash = strrchr(fs, '/');
	struct strv names = {0};
	nvlist_t *busy = NULL;
	struct err *e = ctx_host(c, host, &j->host);

	strv_add(&names, fs);
	/* On one host, a lock on the source would be in its own way. */
	bool own = e == NULL && host_is_local(j->host) && strcmp(fs, j->name) == 0;
	if (e == NULL && !c->dry_run && !own)
		e = ctx_lock(c, j->host, &names, &busy);
	if (e == NULL && nv_str(busy, fs) != NULL)
		e = busy_error(fs, host_name(j->host), nv_str(busy, fs));
	if (slash != NULL)
		strv_addf(&names, "%.*s", (int)(slash - fs), fs);
	if (e == NULL)
		e = ctx_list(c, j->host, &names, LIST_SETTLE | LIST_NATIVE | LIST_BELOW, out);
	if (e == NULL)
		j->far = side_find(out, fs);
	j->far_pool.away = e == NULL && j->far == NULL && side_pool_away(out, fs);
	if (j->far != NULL && j->far->script)
		e = script_error(c, j->far, host_name(j->host));
	nv_free(busy);
	strv_free(&names);
	return e;
}

void work_need_far(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error == NULL && j->away != NULL) {
			j->error = j->away;
			j->away = NULL;
		}
	}
}
