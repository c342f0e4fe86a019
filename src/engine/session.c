/* Jobs, from their names to what both sides hold. The hosts are observe.c's. */
#include "engine/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/events.h"
#include "engine/observe.h"
#include "engine/renamed.h"
#include "engine/tokens.h"
#include "plan/identity.h"
#include "plan/named.h"
#include "plan/role/masters.h"
#include "plan/sync.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/random.h"
#include "util/sorted.h"
#include "zfs/ops.h"

/* Of one name, the job that was named first comes first. */
static int by_name(const void *a, const void *b)
{
	const struct job *x = *(const struct job *const *)a, *y = *(const struct job *const *)b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : x < y ? -1 : x > y;
}

static void refuse_twice(struct session *s)
{
	struct job **all = mem_array(NULL, s->n + 1, sizeof(*all));

	for (size_t i = 0; i < s->n; i++)
		all[i] = &s->jobs[i];
	qsort(all, s->n, sizeof(*all), by_name);
	for (size_t i = 1; i < s->n; i++)
		if (all[i]->error == NULL && strcmp(all[i - 1]->name, all[i]->name) == 0)
			all[i]->error = err_new(ERR_USAGE, "%s is named twice", all[i]->name);
	free(all);
}

static void make_jobs(struct session *s, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss)
{
	s->jobs = mem_zalloc(names->n * sizeof(struct job));
	for (size_t i = 0; i < names->n; i++) {
		struct job *j = &s->jobs[s->n++];
		job_init(j, names->items[i], PAIR_SRC);
		j->error = name_check_dataset(j->name);
		if (hosts != NULL && *hosts->items[i] != '\0' && name_is_dataset(fss->items[i]))
			job_set_peer(j, hosts->items[i], fss->items[i]);
	}
	refuse_twice(s);
}

struct err *session_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
			 const struct strv *fss, unsigned list_flags, struct session *out)
{
	*out = (struct session){.c = c,
				.peer_flags = out->peer_flags,
				.no_locks = out->no_locks,
				.gather_notes = out->gather_notes,
				.no_search = out->no_search,
				.lane = out->lane,
				.teller = out->teller,
				.home_lock = out->home_lock,
				.peer_lock = out->peer_lock,
				.allow_reverting = (list_flags & LIST_HALF) != 0};
	make_jobs(out, names, hosts, fss);
	observe_begin(out);
	struct err *e = observe_lock_home(out);
	if (e == NULL && hosts != NULL)
		observe_peers(out);
	/* A busy dataset is read all the same: -q wants to know when it was synced. */
	return e != NULL ? e : observe_home(out, list_flags);
}

/* Where the other side of a job is; false where there is none, or it is not wanted. Aside, a dataset has
 * another name than its pair knows, and no role by that. */
static bool other_side(struct job *j, bool replicas, const char **host, const char **fs)
{
	const struct endpoint *home = job_home(j);
	const struct dataset *d = home->d != NULL ? home->d : home->preserved;
	bool preserved = d == home->preserved;
	bool source = d->role == ROLE_MASTER || (preserved && d->master);
	bool replica = d->role == ROLE_REPLICA || (preserved && !d->master);

	*host = source ? d->dest_host : d->src_host;
	*fs = source ? d->dest_fs : d->src_fs;
	return (source || (replica && replicas)) && *host != NULL && *fs != NULL;
}

void session_connect(struct session *s, bool replicas)
{
	bool guessed = s->n_peers > 1;

	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		const char *host, *fs;
		if (j->error != NULL || !other_side(j, replicas, &host, &fs))
			continue;
		if (!guessed) {
			job_set_peer(j, host, fs);
		} else if (j->peer_at == NULL || strcmp(j->peer_at, host) != 0 ||
			   strcmp(j->peer_name, fs) != 0) {
			j->error = err_remedy(err_new(ERR_BUSY,
						      "%s on %s changed while it was being listed",
						      j->name, s->c->self),
					      "run the same command again");
		}
	}
	if (!guessed)
		observe_peers(s);
	observe_join(s);
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		const char *host, *fs;
		if (j->error == NULL && j->peer_at != NULL &&
		    (s->inspect_unrelated || other_side(j, replicas, &host, &fs)))
			observe_attach(s, j);
	}
	tokens_ask(s);
	renamed_ask(s);
}

void session_need_peers(struct session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		if (j->error == NULL && j->why_away != NULL) {
			j->error = j->why_away;
			j->why_away = NULL;
		}
	}
}

struct err *session_lock_steps(struct session *w, const struct job *j, const struct plan *plan,
			       struct strv *locked, bool *more)
{
	struct err *e = NULL;

	*more = false;
	for (int here = 0; here < 2 && e == NULL; here++) {
		struct host *host = here ? w->c->local : job_peer(j)->host;
		struct strv names = {0};
		nvlist_t *busy = NULL;
		for (size_t i = 0; i < plan->n; i++) {
			const struct step *s = &plan->steps[i];
			if (((s->at == PAIR_SRC) != job_pulls(j)) != (here == 1))
				continue;
			char *name = name_dataset(s->name);
			strv_add(&names, name);
			if (s->to != NULL)
				strv_add(&names, s->to);
			free(name);
		}
		for (size_t i = 0; i < names.n; i++) {
			char *key = str_fmt("%s %s", here ? "" : j->peer_at, names.items[i]);
			if (!strv_has(locked, key)) {
				strv_add(locked, key);
				*more = true;
			}
			free(key);
		}
		if (names.n > 0 &&
		    (e = ctx_lock(w->c, host, &names, LOCK_ALONE, &w->held, &busy)) == NULL)
			nv_each(busy, p)
				e = err_first(e, observe_busy(nvpair_name(p), host_name(host),
							      nv_str(busy, nvpair_name(p))));
		nv_free(busy);
		strv_free(&names);
	}
	return e;
}

void session_locked_free(struct session_locked *l)
{
	nv_free(l->home);
	nv_free(l->peer);
	err_free(l->error);
}

void session_lock(struct session *s, size_t like, const struct strv *home, const struct strv *peer,
		  struct session_locked *out)
{
	*out = (struct session_locked){0};
	if (!observe_locks(s))
		return;
	out->error = ctx_lock(s->c, s->c->local, home, s->home_lock, &s->held, &out->home);
	if (out->error == NULL)
		out->error = ctx_lock(s->c, job_peer(&s->jobs[like])->host, peer, s->peer_lock,
				      &s->held, &out->peer);
}

size_t session_add(struct session *s, size_t like, const char *name, const char *peer_name,
		   const struct session_locked *locked)
{
	const char *owner = nv_str(locked->home, name);

	s->jobs = mem_array(s->jobs, s->n + 1, sizeof(struct job));
	struct job *j = &s->jobs[s->n];
	job_init(j, name, s->jobs[like].home);
	job_set_peer(j, s->jobs[like].peer_at, peer_name);
	job_home(j)->busy = owner != NULL;
	j->error = owner != NULL ? observe_busy(name, s->c->self, owner) : err_copy(locked->error);
	observe_add(s, j, locked);
	return s->n++;
}

struct sync_opts session_sync_opts(const struct ctx *c)
{
	return (struct sync_opts){.zrep_only = ctx_zrep_only(c),
				  .all = ctx_all_snaps(c),
				  .no_expire = c->settings.skip_expire};
}

void session_free(struct session *s)
{
	if (s->n_events > 0) {
		observe_release(s);
		events_run(s);
	}
	observe_end(s);
	renamed_free(s);
	for (size_t i = 0; i < s->n; i++)
		job_free(&s->jobs[i]);
	for (size_t i = 0; i < s->n_fulls; i++)
		side_free(&s->fulls[i]);
	free(s->fulls);
	free(s->jobs);
}

/* --- the pair of a job --- */

/* What the other side's host is called, also where it is not asked. */
static const char *peer_host_name(const struct job *j)
{
	const struct endpoint *home = job_home(j), *peer = job_peer(j);
	const struct dataset *d = home->d != NULL ? home->d : home->preserved;
	const char *stored = d == NULL                 ? NULL
			     : d->role == ROLE_REPLICA ? d->src_host
						       : d->dest_host;

	if (peer->host != NULL)
		return host_name(peer->host);
	if (peer->at != NULL)
		return peer->at;
	return stored != NULL ? stored : "nowhere";
}

/* Datasets below the source of j that are no job's. */
static size_t count_unmanaged(struct session *s, struct job *j)
{
	const struct dataset *d = j->pair.src.d;
	size_t n = d != NULL ? d->below.n : 0;
	bool *known = mem_zalloc(n + 1);

	for (size_t k = 0; n > 0 && k < s->n; k++) {
		const struct job *o = &s->jobs[k];
		const char *name = job_pulls(j) ? o->peer_name : o->name;
		size_t i =
		    name != NULL ? sorted_from(d->below.items, d->below.n, name) : d->below.n;
		if (i < d->below.n && !known[i] && strcmp(d->below.items[i], name) == 0) {
			known[i] = true;
			n--;
		}
	}
	free(known);
	return n;
}

/* All but what was asked of the other side about this pair alone. */
static void fill_pair(const struct session *s, struct job *j)
{
	struct endpoint *home = job_home(j), *peer = job_peer(j);
	const struct side *there = observe_side(s, peer);

	j->pair.pull = job_pulls(j);
	j->pair.tag = s->c->tag;
	j->pair.now = (uint64_t)time(NULL);
	j->pair.who = s->c->who;
	j->pair.readonly_ms =
	    s->readonly_since > 0 ? (uint64_t)((clock_now() - s->readonly_since) * 1000) : 0;
	j->pair.nonce = random_u64();
	j->pair.new_set = random_u64();
	j->pair.date_format = s->c->settings.date_format;
	home->host = s->c->local;
	home->host_name = home->self = s->c->self;
	peer->host_name = peer_host_name(j);
	peer->self = there != NULL ? there->host : NULL;
	peer->away = j->why_away != NULL || peer->host == NULL;
	j->pair.moves = s->moves;
	j->pair.offers = s->offers;
	j->pair.accepted = s->accepted && !(home->d != NULL && home->d->master) &&
			   !(peer->d != NULL && peer->d->master);
}

void session_check_named(struct session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i], asks = *j;
		const struct dataset *d = job_home(j)->d;
		if (j->error != NULL || d == NULL || (!job_pulls(j) && d->role != ROLE_REPLICA))
			continue;
		job_set_home(&asks, PAIR_DST);
		fill_pair(s, &asks);
		j->error = plan_check_named(&asks.pair);
	}
}

static bool knows(const struct endpoint *e, const char *operation)
{
	struct err *lacks = e->host != NULL ? host_lacks(e->host, operation) : NULL;
	bool yes = e->host != NULL && lacks == NULL;

	err_free(lacks);
	return yes;
}

void session_check_link(struct session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i], asks = *j;
		const struct dataset *d = job_home(j)->d;
		if (j->error != NULL || d == NULL || job_peer(j)->d == NULL)
			continue;
		job_set_home(&asks, d->role == ROLE_REPLICA ? PAIR_DST : PAIR_SRC);
		fill_pair(s, &asks);
		/* Who follows another master was not set back, and neither was its former one: the plan says what is so. */
		struct err *left = plan_left_behind(&asks.pair);
		if (left == NULL)
			j->error = identity_check_link(&asks.pair);
		err_free(left);
	}
}

enum spares session_spares(const struct host *h)
{
	if (h == NULL || host_may_destroy(h, true))
		return SPARES_NOTHING;
	return host_may_destroy(h, false) ? SPARES_FOREIGN : SPARES_ALL;
}

/* What the zrep of a host can do, which plans have to know. */
static void note_abilities(struct endpoint *e)
{
	e->makes_writable = knows(e, OP_WRITABLE);
	e->moves_keys = knows(e, OP_KEY_OWN) && knows(e, OP_KEY_INHERIT);
	e->spares = session_spares(e->host);
	e->makes_bookmarks = knows(e, OP_BOOKMARK) && knows(e, OP_DESTROY_BOOKMARK);
	e->unknown = e->host != NULL ? host_unknown(e->host) : NULL;
}

static const struct dataset *above_of(const struct session *s, const struct endpoint *e)
{
	const struct side *side = e->d != NULL ? observe_side(s, e) : NULL;
	char *parent = side != NULL ? name_parent(e->d->name) : NULL;
	const struct dataset *above = parent != NULL ? side_find(side, parent) : NULL;

	free(parent);
	return above;
}

const struct pair *session_pair(struct session *s, struct job *j)
{
	fill_pair(s, j);
	j->pair.src.above = above_of(s, &j->pair.src);
	j->pair.dst.above = above_of(s, &j->pair.dst);
	const struct side *there = observe_side(s, &j->pair.src);
	j->pair.src.snapshot_hooks = there != NULL && there->snapshot_hooks;
	note_abilities(&j->pair.src);
	note_abilities(&j->pair.dst);
	if (j->full != NULL)
		j->pair.src.d = j->full;
	j->pair.src_unmanaged = count_unmanaged(s, j);
	j->pair.no_way_back = j->no_way_back;
	j->pair.led = j->led;
	j->pair.src.bad_hooks = j->bad_hooks[PAIR_SRC];
	j->pair.dst.bad_hooks = j->bad_hooks[PAIR_DST];
	if (j->below.n > 0) {
		struct endpoint *at = j->below_here ? job_home(j) : job_peer(j);
		at->below = &j->below;
		at->along = &j->along;
	}
	tokens_fill(j);
	return &j->pair;
}

/* Is a dataset below `top` one of these, or below one of them that is itself below `top`? */
static bool is_part_of(const struct strv *along, const char *top, const char *name)
{
	for (size_t i = 0; i < along->n; i++)
		if (strcmp(along->items[i], top) != 0 && name_within(along->items[i], top) &&
		    name_within(name, along->items[i]))
			return true;
	return false;
}

void session_look_below(struct session *s, struct job *j, enum pair_side side,
			const struct strv *more)
{
	const struct endpoint *me;
	bool here = side == j->home;

	session_pair(s, j);
	me = job_end(j, side);
	if (me->d == NULL || me->d->readonly || me->d->below.n == 0 || me->host == NULL)
		return;
	side_free(&j->below);
	j->below = (struct side){0};
	j->below_here = here;
	for (size_t i = 0; i < s->n; i++) {
		const struct job *o = &s->jobs[i];
		if (o->group == j->group && (here || job_peer(o)->host == me->host) &&
		    (here || o->peer_name != NULL))
			strv_add(&j->along, here ? o->name : o->peer_name);
	}
	for (size_t i = 0; more != NULL && i < more->n; i++)
		strv_add(&j->along, more->items[i]);
	/* What moves along, and what is below that, is looked at for its own job. */
	struct strv names = {0};
	for (size_t i = 0; i < me->d->below.n; i++)
		if (!is_part_of(&j->along, me->d->name, me->d->below.items[i]))
			strv_add(&names, me->d->below.items[i]);
	if (names.n > 0)
		j->error = err_first(j->error, ctx_list(s->c, me->host, &names, 0, &j->below));
	strv_free(&names);
}

void session_take_along(struct job *j, struct strv *taken)
{
	const struct dataset *s = job_end(j, PAIR_SRC)->d;

	for (size_t m = 0; s != NULL && s->dest_host != NULL && m < j->below.n; m++) {
		const struct dataset *d = &j->below.datasets[m];
		if (!d->master || !str_same(d->dest_host, s->dest_host) ||
		    strv_has(&j->along, d->name))
			continue;
		strv_add(taken, d->name);
		strv_add(&j->along, d->name);
	}
}
