/* The hosts on both sides of a run's datasets: connected to, locked and listed, all at the same time. */
#include "engine/observe.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/tokens.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "zfs/ops.h"

#define HOME(s) (&(s)->peers[0])

bool observe_locks(const struct session *s)
{
	return !s->c->dry_run && !s->no_locks;
}

struct err *observe_busy(const char *dataset, const char *host, const char *owner)
{
	return err_remedy(err_new(ERR_BUSY, "%s on %s is busy: %.300s", dataset, host, owner),
			  "wait for it, or see what it does");
}

struct err *observe_script(const struct ctx *c, const struct dataset *d, const char *host)
{
	return err_remedy(
	    err_new(ERR_BUSY, "%s on %s is locked by a running zrep script", d->name, host),
	    "wait for it; if no zrep script runs there: on %s, {zfs inherit %s:lock-pid %s}", host,
	    c->tag, d->name);
}

static struct peer *peer_of(const struct session *s, const char *name)
{
	for (size_t i = 1; i < s->n_peers; i++)
		if (name != NULL && strcmp(s->peers[i].name, name) == 0)
			return &s->peers[i];
	return NULL;
}

const struct side *observe_side(const struct session *s, const struct endpoint *e)
{
	if (e->host == s->c->local)
		return &HOME(s)->side;
	const struct peer *p = peer_of(s, e->at);
	return p != NULL ? &p->side : NULL;
}

/* The names, on either side, of what is to become a pair in this run; sorted. */
static struct strv fresh_names(const struct session *s)
{
	struct strv names = {0};

	for (size_t i = 0; i < s->n; i++) {
		if (!s->jobs[i].is_new)
			continue;
		strv_add(&names, s->jobs[i].name);
		if (s->jobs[i].peer_name != NULL)
			strv_add(&names, s->jobs[i].peer_name);
	}
	sorted_sort(names.items, names.n);
	return names;
}

/* Lists datasets by name. Where one is missing or on its way back to an older snapshot, all that a way back has to know is
 * read with it: what it had may be aside. */
static struct err *list(struct ctx *c, struct peer *p, unsigned flags)
{
	flags |= LIST_APART;
	side_free(&p->side);
	struct err *e =
	    p->datasets.n > 0 ? ctx_list(c, p->host, &p->datasets, flags, &p->side) : NULL;
	struct strv missing = {0}, fresh = fresh_names(p->session);
	bool back = false;

	for (size_t i = 0; e == NULL && i < p->datasets.n; i++) {
		const struct dataset *d = side_find(&p->side, p->datasets.items[i]);
		back = back || (d != NULL && d->switch_state.kind == SWITCH_REVERTING);
		/* Or something else has its name. */
		if ((d == NULL ||
		     (d->role == ROLE_NONE && !sorted_has(fresh.items, fresh.n, d->name))) &&
		    side_unreadable(&p->side, p->datasets.items[i]) == NULL)
			strv_add(&missing, p->datasets.items[i]);
	}
	strv_free(&fresh);
	/* Most are missing because they have yet to be made, and all that a way back has to know is dear. */
	if (e == NULL && !back && missing.n > 0 && (flags & LIST_PRESERVED) == 0) {
		struct side some = {0};
		e = ctx_list(c, p->host, &missing, LIST_PRESERVED | LIST_APART, &some);
		for (size_t i = 0; i < some.n; i++)
			back = back || some.datasets[i].switch_state.kind == SWITCH_REVERTING;
		side_free(&some);
	}
	strv_free(&missing);
	if (e != NULL || !back || (flags & LIST_PRESERVED))
		return e;
	side_free(&p->side);
	return ctx_list(c, p->host, &p->datasets, flags | LIST_WAY, &p->side);
}

/* --- this host --- */

void observe_begin(struct session *s)
{
	s->peers = mem_zalloc((s->n + 1) * sizeof(struct peer));
	s->peers[s->n_peers++] =
	    (struct peer){.session = s, .name = mem_strdup(s->c->self), .host = s->c->local};
	for (size_t i = 0; i < s->n; i++)
		if (name_is_dataset(s->jobs[i].name))
			strv_add(&HOME(s)->datasets, s->jobs[i].name);
}

struct err *observe_lock_home(struct session *s)
{
	struct strv names = {0};
	nvlist_t *busy = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (s->jobs[i].error == NULL)
			strv_add(&names, s->jobs[i].name);
	struct err *e = names.n > 0 && observe_locks(s)
			    ? ctx_lock(s->c, s->c->local, &names, s->home_lock, &s->held, &busy)
			    : NULL;
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		const char *owner = nv_str(busy, j->name);
		if (j->error != NULL || owner == NULL)
			continue;
		job_home(j)->busy = true;
		j->error = observe_busy(j->name, s->c->self, owner);
	}
	nv_free(busy);
	strv_free(&names);
	return e;
}

/* Of what is to keep its newer data under another name: what has that name already. */
static const struct dataset *in_way_of(const struct side *side, const struct endpoint *e)
{
	const char *name = e->d != NULL ? e->d->switch_state.preserve_as : NULL;

	return name != NULL && e->preserved == NULL ? side_find(side, name) : NULL;
}

/* What this host holds of a job. */
static void attach_home(struct session *s, struct job *j)
{
	struct endpoint *home = job_home(j);
	const char *self = s->c->self;
	const struct dataset *aside;

	home->host = s->c->local;
	home->host_name = home->self = self;
	home->d = side_find(&HOME(s)->side, j->name);
	home->preserved = side_preserved(&HOME(s)->side, j->name);
	home->in_way = in_way_of(&HOME(s)->side, home);
	home->pool_away = home->d == NULL && side_pool_away(&HOME(s)->side, j->name);
	home->pool = side_pool(&HOME(s)->side, j->name);
	if (home->d != NULL && j->role_before == ROLE_NONE) {
		j->role_before = home->d->role;
		j->was_promoting = home->d->switch_state.kind == SWITCH_PROMOTING;
		j->was_resting = home->d->switch_state.kind == SWITCH_RESTING;
	}
	if (j->error == NULL)
		j->error = plan_unreadable(j->name, self, side_unreadable(&HOME(s)->side, j->name));
	if (j->error != NULL || (home->d == NULL && j->is_new))
		return;
	if (home->pool_away && home->preserved == NULL)
		j->error = plan_pool_away(j->name, self);
	else if (home->d == NULL && home->preserved == NULL)
		j->error = err_remedy(err_new(ERR_FAILED, "%s on %s does not exist", j->name, self),
				      "`{zrep list}` shows the datasets that zrep knows");
	else if (home->d == NULL && !s->allow_reverting)
		j->error = err_remedy(err_refuse(REASON_SWITCHING,
						 "%s on %s is being reverted to an older snapshot, "
						 "and is %s until that is done",
						 j->name, self, home->preserved->name),
				      "on %s, {zrep status} ends that", self);
	else if (home->d != NULL && home->d->script)
		j->error = observe_script(s->c, home->d, self);
	else if (home->d != NULL && (aside = side_displaced(&HOME(s)->side, j->name)) != NULL)
		j->error = plan_displaced(j->name, aside, self);
}

struct err *observe_home(struct session *s, unsigned flags)
{
	struct err *e = list(s->c, HOME(s), flags);

	for (size_t i = 0; i < s->n; i++) {
		job_home(&s->jobs[i])->d = job_home(&s->jobs[i])->preserved =
		    job_home(&s->jobs[i])->in_way = NULL;
		if (e == NULL)
			attach_home(s, &s->jobs[i]);
	}
	return e;
}

/* --- the other hosts --- */

/* The name comes from a property, which anybody may have set who may set properties. */
static struct err *check_name(const struct ctx *c, const char *name)
{
	struct err *e = name_check_host(name);

	if (e != NULL)
		e->kind = ERR_REFUSED;
	return err_remedy(e,
			  "that name is stored in %s:dest-host (on a replica, in %s:src-host): "
			  "correct it on both sides",
			  c->tag, c->tag);
}

/* Connects and locks, where that was not done, and lists. */
static void *look(void *arg)
{
	struct peer *p = arg;
	struct ctx *c = p->session->c;

	if (p->host == NULL) {
		if ((p->error = check_name(c, p->name)) == NULL)
			p->error = ctx_host(c, p->name, &p->host);
		if (p->error == NULL && observe_locks(p->session))
			p->error = ctx_lock(c, p->host, &p->datasets, p->session->peer_lock,
					    &p->session->held, &p->busy);
	}
	if (p->error == NULL)
		p->error = list(c, p, p->list_flags);
	if (cancelled(c->cancel)) /* ssh gets the signal too */
		err_because(p->error, REASON_INTERRUPTED);
	return NULL;
}

static void start(struct peer *p)
{
	if (pthread_create(&p->thread, NULL, look, p) == 0)
		p->running = true;
	else /* no thread is to be had: then one host after the other */
		look(p);
}

void observe_peers(struct session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct job *j = &s->jobs[i];
		if (j->error != NULL || j->peer_at == NULL || peer_of(s, j->peer_at) != NULL)
			continue;
		struct peer *p = &s->peers[s->n_peers++];
		*p = (struct peer){
		    .session = s, .name = mem_strdup(j->peer_at), .list_flags = s->peer_flags};
		for (size_t k = 0; k < s->n; k++)
			if (s->jobs[k].error == NULL && str_same(s->jobs[k].peer_at, p->name))
				strv_add(&p->datasets, s->jobs[k].peer_name);
		start(p);
	}
}

void observe_join(struct session *s)
{
	for (size_t i = 0; i < s->n_peers; i++)
		if (s->peers[i].running) {
			pthread_join(s->peers[i].thread, NULL);
			s->peers[i].running = false;
		}
}

/* What was seen of a host. */
static void forget(struct peer *p)
{
	err_free(p->error);
	nv_free(p->busy);
	side_free(&p->side);
	p->error = NULL;
	p->busy = NULL;
}

void observe_end(struct session *s)
{
	observe_join(s);
	for (size_t i = 0; i < s->n_peers; i++) {
		forget(&s->peers[i]);
		free(s->peers[i].name);
		strv_free(&s->peers[i].datasets);
	}
	free(s->peers);
	held_free(&s->held);
	s->peers = NULL;
	s->n_peers = 0;
}

static void set_away(struct job *j, struct err *e)
{
	err_free(j->why_away);
	j->why_away = e;
}

void observe_attach(struct session *s, struct job *j)
{
	struct endpoint *peer = job_peer(j);
	struct peer *p = peer_of(s, j->peer_at);
	const char *owner = nv_str(p->busy, j->peer_name);

	peer->host = NULL;
	peer->pool = NULL;
	peer->d = peer->preserved = peer->in_way = NULL;
	peer->busy = owner != NULL;
	set_away(j, NULL);
	const char *unreadable = side_unreadable(&p->side, j->peer_name);
	if (p->error != NULL) {
		set_away(j, err_wrap(err_copy(p->error), "%s", j->name));
	} else if (unreadable != NULL) { /* all that is known is that it is there */
		set_away(
		    j, err_wrap(plan_unreadable(j->peer_name, p->name, unreadable), "%s", j->name));
	} else {
		peer->host = p->host;
		peer->d = side_find(&p->side, j->peer_name);
		peer->preserved = side_preserved(&p->side, j->peer_name);
		peer->in_way = in_way_of(&p->side, peer);
		const struct dataset *aside =
		    peer->d != NULL ? side_displaced(&p->side, j->peer_name) : NULL;
		peer->pool_away = peer->d == NULL && side_pool_away(&p->side, j->peer_name);
		peer->pool = side_pool(&p->side, j->peer_name);
		if (owner != NULL)
			set_away(j, observe_busy(j->peer_name, p->name, owner));
		else if (peer->d != NULL && peer->d->script)
			set_away(j, observe_script(s->c, peer->d, p->name));
		else if (aside != NULL)
			set_away(j, plan_displaced(j->peer_name, aside, p->name));
	}
	if (peer->host != NULL && host_is_local(peer->host) && strcmp(j->peer_name, j->name) == 0) {
		err_free(j->error);
		j->error = err_remedy(
		    err_refuse(REASON_BROKEN_PAIR, "%s on %s names itself as its own replica",
			       j->name, s->c->self),
		    "set %s:dest-host and %s:dest-fs as they are on the other side", s->c->tag,
		    s->c->tag);
		set_away(j, NULL);
	}
	/* Somebody at work there is no doubt about what is there. */
	if (j->why_away != NULL && (!s->defer_unreachable || j->why_away->kind == ERR_BUSY) &&
	    j->error == NULL) {
		j->error = j->why_away;
		j->why_away = NULL;
	}
}

static void attach_all(struct session *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (peer_of(s, s->jobs[i].peer_at) != NULL)
			observe_attach(s, &s->jobs[i]);
}

void observe_add(struct session *s, struct job *j, const struct session_locked *locked)
{
	struct peer *p = peer_of(s, j->peer_at);
	const char *owner = nv_str(locked->peer, j->peer_name);

	strv_add(&HOME(s)->datasets, j->name);
	strv_add(&p->datasets, j->peer_name);
	if (owner == NULL)
		return;
	if (p->busy == NULL)
		p->busy = nv_new();
	nv_add_str(p->busy, j->peer_name, owner);
}

/* --- again --- */

static void fail_all(struct session *s, struct err *e)
{
	for (size_t i = 0; i < s->n && e != NULL; i++)
		s->jobs[i].error = err_first(s->jobs[i].error, err_copy(e));
	err_free(e);
}

void observe_refresh(struct session *s, unsigned flags)
{
	for (size_t i = 1; i < s->n_peers; i++) {
		struct peer *p = &s->peers[i];
		p->list_flags = flags;
		if (p->error == NULL)
			start(p);
	}
	struct err *e = observe_home(s, flags);
	observe_join(s);
	if (e == NULL) {
		attach_all(s);
		tokens_ask(s);
	}
	fail_all(s, e);
}

#define LOOKS 8
#define LOOK_MILLISECONDS 300

bool observe_once_more(struct session *s, int looks, unsigned flags)
{
	if (looks >= LOOKS || cancelled(s->c->cancel))
		return false;
	nanosleep(&(struct timespec){.tv_nsec = LOOK_MILLISECONDS * 1000000L}, NULL);
	observe_refresh(s, flags);
	return true;
}

/* An agent of ours that still dies has its locks for a while. */
#define RECONNECT_SECONDS 25

static bool is_busy(const struct peer *p)
{
	return p->error == NULL && !nv_empty(p->busy);
}

void observe_reconnect(struct session *s, unsigned flags)
{
	double end = clock_now() + RECONNECT_SECONDS;

	s->c->wait_end = 0; /* a master may be read-only meanwhile */
	for (size_t i = 1; i < s->n_peers; i++) {
		s->peers[i].list_flags = flags;
		ctx_drop(s->c, s->peers[i].name);
	}
	for (;;) {
		bool busy = false;
		for (size_t i = 1; i < s->n_peers; i++) {
			forget(&s->peers[i]);
			s->peers[i].host = NULL;
			start(&s->peers[i]);
		}
		observe_join(s);
		for (size_t i = 1; i < s->n_peers; i++)
			busy = busy || is_busy(&s->peers[i]);
		if (!busy || clock_now() >= end || cancelled(s->c->cancel))
			break;
		nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	}
	fail_all(s, observe_home(s, flags));
	attach_all(s);
	tokens_ask(s);
}

/* On one host; `at`: of which endpoints. */
static void lock_alone(struct session *s, struct host *host, bool home, const bool *wanted)
{
	struct strv names = {0};
	nvlist_t *busy = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct job *j = &s->jobs[i];
		if (wanted[i] && j->error == NULL && (home || job_peer(j)->host == host))
			strv_add(&names, home ? j->name : j->peer_name);
	}
	struct err *e =
	    names.n > 0 ? ctx_lock(s->c, host, &names, LOCK_ALONE, &s->held, &busy) : NULL;
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		const char *name = home ? j->name : j->peer_name;
		if (!wanted[i] || j->error != NULL || (!home && job_peer(j)->host != host))
			continue;
		if (e != NULL)
			j->error = err_wrap(err_copy(e), "%s", j->name);
		else if (nv_str(busy, name) != NULL)
			j->error = observe_busy(name, home ? s->c->self : host_name(host),
						nv_str(busy, name));
	}
	err_free(e);
	nv_free(busy);
	strv_free(&names);
}

void observe_lock_alone(struct session *s, const bool *wanted, unsigned flags)
{
	if (!observe_locks(s))
		return;
	lock_alone(s, s->c->local, true, wanted);
	for (size_t i = 1; i < s->n_peers; i++)
		if (s->peers[i].host != NULL && s->peers[i].error == NULL)
			lock_alone(s, s->peers[i].host, false, wanted);
	observe_refresh(s, flags);
}

void observe_release(struct session *s)
{
	observe_join(s);
	/* Nobody has waited for the end of what was begun: the locks end with the connection, and that. */
	if (cancelled(s->c->cancel))
		return;
	ctx_unlock(s->c, &s->held);
}

struct err *observe_probe(struct session *s, struct job *j, const char *at, const char *name,
			  struct side *out)
{
	struct ctx *c = s->c;
	struct endpoint *peer = job_peer(j);
	char *parent = name_parent(name);
	struct strv names = {0};
	nvlist_t *busy = NULL;
	struct err *e = ctx_host(c, at, &peer->host);

	job_set_peer(j, at, name);
	strv_add(&names, name);
	/* On one host, a lock on the source would be in its own way. */
	bool own = e == NULL && host_is_local(peer->host) && strcmp(name, j->name) == 0;
	if (e == NULL && observe_locks(s) && !own)
		e = ctx_lock(c, peer->host, &names, s->peer_lock, &s->held, &busy);
	if (e == NULL && nv_str(busy, name) != NULL)
		e = observe_busy(name, host_name(peer->host), nv_str(busy, name));
	if (parent != NULL)
		strv_add(&names, parent);
	free(parent);
	if (e == NULL)
		e = ctx_list(c, peer->host, &names,
			     LIST_TXG_SYNC | LIST_NATIVE | LIST_BELOW | LIST_POOLS | LIST_SETTINGS |
				 LIST_KEYS | (ctx_flag(c, 'f') ? LIST_OBSTACLES : 0),
			     out);
	if (e == NULL) {
		peer->d = side_find(out, name);
		peer->pool = side_pool(out, name);
	}
	tokens_ask(s);
	peer->pool_away = e == NULL && peer->d == NULL && side_pool_away(out, name);
	if (peer->d != NULL && peer->d->script)
		e = observe_script(c, peer->d, host_name(peer->host));
	nv_free(busy);
	strv_free(&names);
	return e;
}
