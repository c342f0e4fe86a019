#include "plan/validate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plan/make_room.h"
#include "plan/plan.h"
#include "plan/retention/select.h"
#include "state/dataset.h"
#include "util/mem.h"

/* One side, as it is when the steps so far have been done. */
struct end {
	const struct endpoint *at;
	const struct dataset
	    *d;                /* what was listed of it; NULL: it does not exist, or is not known */
	const char *name;      /* of the dataset */
	const struct snap *to; /* a rollback of this plan goes there; NULL without one */
	const char *base,
	    *final; /* the part after '@' of the base, now and at the end; NULL: none */
	bool master;
	uint64_t promised; /* proven: it makes way for the master of that epoch; 0: it is not */
	bool *held;        /* of what was listed, by its place */
	struct strv more;  /* held, of what comes: the parts after '@' */
};

struct walk {
	const struct pair *pair;
	const struct plan *plan;
	struct end ends[2];
	size_t left; /* steps after this one */
	bool sent;   /* something was, of the source */
};

static struct err *violation(const char *fmt, ...) ERR_PRINTF(1, 2);

static struct err *violation(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *what = str_vfmt(fmt, ap);
	va_end(ap);
	struct err *e =
	    err_remedy(err_refuse(REASON_INVARIANT,
				  "a plan of zrep's own would have %s: nothing was done", what),
		       "this is a fault of zrep: please report it, with the output of `{zrep list "
		       "-v}` on both "
		       "sides");
	free(what);
	return e;
}

/* --- names --- */

static const char *snap_of(const char *name)
{
	const char *at = strpbrk(name, "@#");

	return at != NULL ? at + 1 : "";
}

/* Is it that dataset, or a snapshot or bookmark of it? */
static bool is_of(const char *name, const char *dataset)
{
	size_t n = strcspn(name, "@#");

	return dataset != NULL && strlen(dataset) == n && strncmp(name, dataset, n) == 0;
}

/* Strictly below. */
static bool is_below(const char *name, const char *dataset)
{
	size_t n = dataset != NULL ? strlen(dataset) : 0;

	return n > 0 && strncmp(name, dataset, n) == 0 && name[n] == '/';
}

/* The change of its role that an end is in, perhaps while its data is aside. */
static const struct switch_state *switch_of(const struct end *e)
{
	static const struct switch_state none;
	const struct dataset *d = e->at->preserved != NULL ? e->at->preserved : e->at->d;

	return d != NULL ? &d->switch_state : &none;
}

static bool reverts(const struct end *e)
{
	return switch_of(e)->kind == SWITCH_REVERTING;
}

/* The name under which what it has is kept on its way back; NULL: it is not. */
static const char *kept_of(const struct end *e)
{
	return reverts(e) ? switch_of(e)->preserve_as : NULL;
}

/* --- holds --- */

/* The flag of a snapshot that was listed; NULL of another one. */
static bool *flag_of(const struct end *e, const char *snap)
{
	const struct snap *s = e->d != NULL ? dataset_snap_by_name(e->d, snap) : NULL;

	return s != NULL ? &e->held[s - e->d->snaps] : NULL;
}

static bool is_held(const struct end *e, const char *snap)
{
	const bool *flag = snap != NULL ? flag_of(e, snap) : NULL;
	bool is = flag != NULL && *flag;

	for (size_t i = 0; snap != NULL && i < e->more.n && !is; i++)
		is = strcmp(e->more.items[i], snap) == 0;
	return is;
}

static struct err *check_hold(struct walk *w, struct end *e, const struct step *s)
{
	bool *flag = flag_of(e, snap_of(s->name));

	if (is_of(s->name, e->name) && flag != NULL)
		*flag = true;
	else if (is_of(s->name, e->name))
		strv_add(&e->more, snap_of(s->name));
	return NULL;
}

/* By the operator's word a bookmark takes the place of a snapshot that both sides have. */
static bool gives_up(const struct walk *w, const struct end *e, const char *snap)
{
	const struct snap *s =
	    e->d != NULL && snap != NULL ? dataset_snap_by_name(e->d, snap) : NULL;

	return w->plan->gives_up && e->at->side == PAIR_SRC && s != NULL &&
	       dataset_bookmark(e->d, s->guid) != NULL;
}

/* What goes aside is protected by its mark: nobody destroys anything of it until its way is gone. */
static struct err *check_release(struct walk *w, struct end *e, const struct step *s)
{
	const char *snap = snap_of(s->name);

	if (!is_of(s->name, e->name)) {
		bool preserved = kept_of(e) != NULL && is_of(s->name, kept_of(e));
		bool member = w->plan->tree && is_below(s->name, e->name);
		return preserved || member
			   ? NULL
			   : violation("released %s, which is none of the pair's", s->name);
	}
	bool *flag = flag_of(e, snap);
	if (flag != NULL)
		*flag = false;
	if (w->plan->clears || kept_of(e) != NULL || is_held(e, e->base) || is_held(e, e->final))
		return NULL;
	if (gives_up(w, e, e->base))
		return NULL;
	/* What is rolled back to is the base then, see check_discard. */
	if (w->plan->discards[e->at->side] && e->to != NULL && is_held(e, e->to->name))
		return NULL;
	return violation("let go of %s before another snapshot was held there that both sides have",
			 s->name);
}

/* --- what goes --- */

/* What a rollback removes is whoever's, and only newer than its target; its target is then the base. */
static struct err *check_discard(const struct walk *w, const struct end *e, const struct snap *s,
				 const char *name)
{
	const struct dataset *other = w->ends[pair_other(e->at->side)].d;

	if (!w->plan->discards[e->at->side])
		return violation("destroyed %s without the operator's word", name);
	if (e->to == NULL || e->to->createtxg >= s->createtxg)
		return violation("destroyed %s, which no rollback needs gone", name);
	if (e->base != NULL && strcmp(e->base, s->name) == 0 && other != NULL &&
	    dataset_snap_by_guid(other, e->to->guid) == NULL && !reverts(e))
		return violation(
		    "destroyed the base, %s, for @%s, which the other side does not have", name,
		    e->to->name);
	return NULL;
}

/* What others have taken, without the operator's word: it holds nothing, of which the proof is in the plan. */
static struct err *check_empty(const struct end *e, const struct snap *s, const struct step *step)
{
	const struct snap *base = e->base != NULL ? dataset_snap_by_name(e->d, e->base) : NULL;
	bool proven = base != NULL && nv_u64(step->state, "newest", 0) == base->guid &&
		      str_same(nv_str(step->state, "snap"), base->name);

	if (e->at->side != PAIR_DST || e->d->role != ROLE_REPLICA || e->d->master)
		return violation("destroyed %s, which is not a replica's", step->name);
	if (base == NULL || s->createtxg <= base->createtxg || s->holds > 0 ||
	    !plan_is_only_marked(e->d, base))
		return violation("destroyed %s as empty, which it is not known to be", step->name);
	if (!proven || step->guid == 0)
		return violation("destroyed %s as empty, whatever it is by then", step->name);
	return NULL;
}

/* Is it older than the base? */
static bool is_before(const struct end *e, const struct snap *s)
{
	const struct snap *base = e->base != NULL ? dataset_snap_by_name(e->d, e->base) : NULL;

	return base != NULL && s->createtxg < base->createtxg;
}

/* Does this plan make it, and send something that begins from it? */
static bool is_made_and_passed(const struct plan *p, const struct step *gone)
{
	bool made = false, passed = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->steps[i];
		made = made || (s->kind->op == STEP_BOOKMARK && s->guid == gone->guid);
		passed = passed || (step_is_transfer(s) && s->from_guid == gone->guid);
	}
	return made && passed;
}

static struct err *check_unbookmark(struct walk *w, struct end *e, const struct step *s)
{
	const struct snap *mark = e->d != NULL && is_of(s->name, e->d->name)
				      ? dataset_bookmark_by_name(e->d, snap_of(s->name))
				      : NULL;
	const struct dataset *other = w->ends[pair_other(e->at->side)].d;

	if (s->later) /* it may come as soon as that was received */
		return e->at->side == PAIR_SRC && w->sent && s->guid != 0 &&
			       is_made_and_passed(w->plan, s)
			   ? NULL
			   : violation("destroyed %s, which it does not make only for its way",
				       s->name);
	if (mark == NULL || s->guid != mark->guid)
		return violation("destroyed %s, which was not listed as the pair's", s->name);
	if (s->kind->foreign && (!w->plan->discards[e->at->side] || e->to == NULL ||
				 e->to->createtxg >= mark->createtxg))
		return violation("destroyed %s, which no rollback needs gone", s->name);
	if (s->kind->foreign || w->plan->clears)
		return NULL;
	if (!mark->zrep_named)
		return violation("destroyed %s, which is not zrep's", s->name);
	/* Until something newer was sent, the other side may have nothing else in common with it. */
	if (e->at->side == PAIR_SRC && !w->sent &&
	    (other == NULL || dataset_ground(e->d, other) == NULL ||
	     dataset_ground(e->d, other)->createtxg <= mark->createtxg))
		return violation("destroyed %s, which the next sync may have to begin from",
				 s->name);
	return NULL;
}

/* By T:foreign-keep: other tools' snapshots on a replica that are in nobody's way and nobody's use. */
static struct err *check_aged(const struct walk *w, const struct end *e, const struct snap *snap,
			      const char *name)
{
	const struct dataset *other = w->ends[pair_other(e->at->side)].d;
	const struct snap *base =
	    other != NULL ? dataset_return(e->d, other) : dataset_last_sent(e->d);

	if (e->d->role != ROLE_REPLICA || e->d->foreign_keep.kind == FOREIGN_KEEP_ALL ||
	    e->d->foreign_bad != NULL)
		return violation("destroyed %s without the operator's word", name);
	if (!plan_is_foreign(snap) || snap->holds > 0 || base == NULL ||
	    snap->createtxg >= base->createtxg)
		return violation("destroyed %s, which may be needed", name);
	return NULL;
}

static struct err *check_destroy(struct walk *w, struct end *e, const struct step *s)
{
	const struct snap *snap = e->d != NULL && is_of(s->name, e->d->name)
				      ? dataset_snap_by_name(e->d, snap_of(s->name))
				      : NULL;
	const struct snap *base;
	bool mine =
	    snap != NULL && (s->kind->cascaded ? snap->cascaded || snap->ground : snap->zrep_named);

	if (snap == NULL)
		return violation("destroyed %s, which was not listed as the pair's", s->name);
	if (s->kind->aged)
		return check_aged(w, e, snap, s->name);
	if (s->kind->empty)
		return check_empty(e, snap, s);
	if (s->kind->foreign)
		return check_discard(w, e, snap, s->name);
	if (!mine)
		return violation("destroyed %s, which is not zrep's", s->name);
	if (w->plan->clears)
		return NULL;
	if (gives_up(w, e, e->base) && (gives_up(w, e, snap->name) || is_before(e, snap)))
		return NULL;
	if (e->base != NULL && strcmp(e->base, snap->name) == 0)
		return violation("destroyed the base, %s", s->name);
	base = e->base != NULL ? dataset_snap_by_name(e->d, e->base) : NULL;
	if (w->ends[pair_other(e->at->side)].d == NULL &&
	    (base == NULL || snap->createtxg > base->createtxg))
		return violation("destroyed %s, which may be the base for all that is known",
				 s->name);
	return NULL;
}

static struct err *check_rollback(struct walk *w, struct end *e, const struct step *s)
{
	const struct snap *base;

	if (!w->plan->discards[e->at->side])
		return violation("rolled back to %s without the operator's word", s->name);
	if (e->to == NULL || !is_of(s->name, e->d->name) ||
	    strcmp(e->to->name, snap_of(s->name)) != 0)
		return violation("rolled back to %s, which was not listed as the pair's", s->name);
	if (e->at->side == PAIR_DST && w->plan->rollback != e->to->createtxg)
		return violation("rolled back to %s, and planned with what that removes", s->name);
	base = e->base != NULL ? dataset_snap_by_name(e->d, e->base) : NULL;
	if (base == NULL || base->createtxg > e->to->createtxg)
		e->base = e->to->name;
	return NULL;
}

static struct err *check_send(struct walk *w, struct end *e, const struct step *s)
{
	(void)e;
	if (!is_of(s->name, w->ends[PAIR_SRC].name) || s->to == NULL ||
	    !is_of(s->to, w->ends[PAIR_DST].name))
		return violation("sent %s to %s, which is not the pair", s->name,
				 s->to ? s->to : "nothing");
	if (s->over && !w->plan->discards[PAIR_DST])
		return violation("replaced what is in %s without the operator's word", s->to);
	w->ends[PAIR_SRC].base = snap_of(s->name);
	w->ends[PAIR_DST].base = snap_of(s->to);
	w->sent = true;
	return NULL;
}

/* --- what moves --- */

/* The name, or the one for the time in which another dataset still has it. */
static bool is_way_back_to(const char *to, const char *name)
{
	char *between = name_between(name);
	bool is = strcmp(to, name) == 0 || strcmp(to, between) == 0;

	free(between);
	return is;
}

/* An end goes aside under the name that its mark has. Of a tree, what is below its destination stays below it. */
static struct err *check_rename(struct walk *w, struct end *e, const struct step *s)
{
	const char *kept = kept_of(e);

	if (s->to == NULL)
		return violation("renamed %s to nothing", s->name);
	if (kept != NULL && is_of(s->name, e->name) && strcmp(s->to, kept) == 0)
		return NULL;
	if (kept != NULL && is_below(s->name, kept) && is_below(s->to, e->name))
		return NULL;
	/* The way could not be gone to its end. */
	if (kept != NULL && e->at->preserved != NULL && is_of(s->name, kept) &&
	    strcmp(s->to, e->name) == 0)
		return NULL;
	/* Or it has another one than its pair knows, and is to have that again. */
	if (e->at->side == PAIR_DST && e->at->renamed != NULL &&
	    is_of(s->name, e->at->renamed->name) && is_way_back_to(s->to, e->name))
		return NULL;
	if (w->plan->tree && e->at->side == PAIR_DST && is_below(s->name, e->name) &&
	    is_below(s->to, e->name))
		return NULL;
	return violation("renamed %s to %s, which nobody asked for", s->name, s->to);
}

static struct err *check_clone(struct walk *w, struct end *e, const struct step *s)
{
	(void)w;
	if (kept_of(e) != NULL && is_of(s->name, e->name) &&
	    (s->kind->op == STEP_PROMOTE || (s->from != NULL && is_of(s->from, kept_of(e)))))
		return NULL;
	return violation("%s %s, which is not being reverted to a snapshot",
			 s->kind->op == STEP_CLONE     ? "cloned"
			 : s->kind->op == STEP_PROMOTE ? "promoted"
						       : "destroyed",
			 s->name);
}

/* --- who is the master --- */

static const char *prop_of(const nvlist_t *props, const char *tag, const char *prop)
{
	char *key = str_fmt("%s:%s", tag, prop);
	const char *value = props != NULL ? nv_str(props, key) : NULL;

	free(key);
	return value;
}

static struct err *check_proof(struct walk *w, struct end *e, const struct step *s)
{
	struct switch_state switch_state = switch_parse(prop_of(s->expect, w->pair->tag, "switch"));

	if (is_of(s->name, e->name) && switch_state.kind == SWITCH_DEMOTING)
		e->promised = switch_state.epoch;
	switch_clear(&switch_state);
	return NULL;
}

static struct err *check_master(struct walk *w, struct end *e, const struct step *s)
{
	const struct end *other = &w->ends[pair_other(e->at->side)];
	struct switch_state switch_state = switch_parse(prop_of(s->props, w->pair->tag, "switch"));
	bool entering = switch_state.kind == SWITCH_PROMOTING;
	uint64_t epoch = entering ? switch_state.epoch : 0;

	switch_clear(&switch_state);
	if (!is_of(s->name, e->name))
		return violation("made %s a master, which is none of the pair's", s->name);
	if (other->master && !w->plan->alone && (!entering || other->promised != epoch))
		return violation("made %s a master beside %s", s->name, other->name);
	if (entering && (s->expect == NULL || s->kind->op != STEP_DECIDE))
		return violation("made %s a master, whatever it is by then", s->name);
	if (!entering && !e->master && w->left > 0)
		return violation("made %s a master before its replica was one", s->name);
	return NULL;
}

/* Whoever is offered the role may take it at once: its master must have made way. */
static struct err *check_offer(struct walk *w, struct end *e, const struct step *s)
{
	const struct end *other = &w->ends[pair_other(e->at->side)];
	struct switch_state switch_state = switch_parse(prop_of(s->props, w->pair->tag, "switch"));
	bool sound = switch_state.kind == SWITCH_OFFERED && is_of(s->name, e->name) && !e->master &&
		     other->promised == switch_state.epoch && s->expect != NULL;

	switch_clear(&switch_state);
	return sound ? NULL
		     : violation("offered %s the role of a master that may still be written to",
				 s->name);
}

static struct err *check_set(struct walk *w, struct end *e, const struct step *s)
{
	const char *master = prop_of(s->props, w->pair->tag, "master");
	char *key = str_fmt("%s:master", w->pair->tag);
	bool said = s->props != NULL && nvlist_exists(s->props, key), yes = str_same(master, "yes");
	struct err *err = yes ? check_master(w, e, s) : NULL;

	free(key);
	if (said && is_of(s->name, e->name))
		e->master = yes;
	return err;
}

/* What destroys, rolls back, renames, holds, bookmarks or sends is about what was listed, and nothing else that has its
 * name. */
static struct err *check_guid(const struct end *e, const struct step *s)
{
	const char *dataset = e->d != NULL ? e->d->name : NULL;

	switch (s->kind->op) {
	case STEP_HOLD:
	case STEP_DESTROY:
	case STEP_BOOKMARK:
	case STEP_ROLLBACK:
	case STEP_SEND:
	case STEP_RESUME:
		if (is_of(s->name, dataset) && s->guid == 0 &&
		    dataset_snap_by_name(e->d, snap_of(s->name)) != NULL)
			return violation("taken %s by its name alone", s->name);
		return NULL;
	case STEP_UNBOOKMARK:
		if (is_of(s->name, dataset) && s->guid == 0 &&
		    dataset_bookmark_by_name(e->d, snap_of(s->name)) != NULL)
			return violation("destroyed %s by its name alone", s->name);
		return NULL;
	case STEP_RENAME:
	case STEP_UNCLONE:
		return str_same(s->name, dataset) && s->guid == 0
			   ? violation("moved %s by its name alone", s->name)
			   : NULL;
	default:
		return NULL;
	}
}

/* --- the walk --- */

typedef struct err *(*check_fn)(struct walk *w, struct end *e, const struct step *s);

/* By operation; NULL: nothing of the pair depends on it. */
static const check_fn checks[STEP_OPS] = {
    [STEP_PROVE] = check_proof,       [STEP_SET] = check_set,
    [STEP_DECIDE] = check_set,        [STEP_OFFER] = check_offer,
    [STEP_HOLD] = check_hold,         [STEP_RELEASE] = check_release,
    [STEP_DESTROY] = check_destroy,   [STEP_UNBOOKMARK] = check_unbookmark,
    [STEP_ROLLBACK] = check_rollback, [STEP_RENAME] = check_rename,
    [STEP_CLONE] = check_clone,       [STEP_PROMOTE] = check_clone,
    [STEP_UNCLONE] = check_clone,     [STEP_RESUME] = check_send,
    [STEP_SEND] = check_send,
};

static const char *name_of_snap(const struct snap *s)
{
	return s != NULL ? s->name : NULL;
}

static void begin(struct walk *w, enum pair_side side)
{
	const struct endpoint *at = pair_end(w->pair, side);
	const struct dataset *d = at->d, *other = pair_end(w->pair, pair_other(side))->d;
	struct end *e = &w->ends[side];

	*e = (struct end){.at = at, .d = d, .name = d != NULL ? d->name : at->name};
	e->master = d != NULL && d->master;
	if (d == NULL)
		return;
	e->held = mem_zalloc((d->n_snaps + 1) * sizeof(bool));
	for (size_t i = 0; i < d->n_snaps; i++)
		e->held[i] = d->snaps[i].held;
	e->base = name_of_snap(other != NULL ? dataset_return(d, other) : NULL);
	if (e->base == NULL)
		e->base = name_of_snap(dataset_last_sent(d));
	for (size_t i = 0; i < w->plan->n; i++) {
		const struct step *s = &w->plan->steps[i];
		if (s->kind->op == STEP_ROLLBACK && s->at == side && is_of(s->name, d->name))
			e->to = dataset_snap_by_name(d, snap_of(s->name));
	}
}

/* The base that the plan ends with: what it sends last, else what it says. */
static void find_final(struct walk *w)
{
	struct end *src = &w->ends[PAIR_SRC], *dst = &w->ends[PAIR_DST];
	const struct snap *same = NULL;

	if (w->plan->base == NULL)
		return;
	src->final = w->plan->base;
	if (src->d != NULL && dst->d != NULL)
		same = dataset_snap_by_name(src->d, src->final);
	if (same != NULL)
		same = dataset_snap_by_guid(dst->d, same->guid);
	dst->final = same != NULL ? same->name : src->final;
}

/* The steps in the order of execution. */
static const struct step **in_order(const struct plan *p)
{
	const struct step **all = mem_zalloc((p->n + 1) * sizeof(struct step *));
	size_t n = 0;

	for (size_t k = 0; k < step_n_kinds; k++)
		for (size_t i = 0; i < p->n; i++)
			if (p->steps[i].kind == &step_kinds[k])
				all[n++] = &p->steps[i];
	assert(n == p->n);
	return all;
}

struct err *plan_validate(const struct pair *pair, const struct plan *plan)
{
	struct walk w = {.pair = pair, .plan = plan};
	struct err *e = NULL;

	assert(pair->tag != NULL);
	if (plan->refusal != NULL || plan->n == 0)
		return NULL;
	begin(&w, PAIR_SRC);
	begin(&w, PAIR_DST);
	find_final(&w);
	const struct step **steps = in_order(plan);
	for (size_t i = 0; i < plan->n && e == NULL; i++) {
		w.left = plan->n - i - 1;
		e = check_guid(&w.ends[steps[i]->at], steps[i]);
		if (e == NULL && checks[steps[i]->kind->op] != NULL)
			e = checks[steps[i]->kind->op](&w, &w.ends[steps[i]->at], steps[i]);
	}
	free(steps);
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		free(w.ends[at].held);
		strv_free(&w.ends[at].more);
	}
	return e;
}
