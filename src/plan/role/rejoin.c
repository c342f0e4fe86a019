/* The ways back: what a dataset has to go back to, whether it may, and the mark that sends it there. back.c is
 * the way itself. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan/plan.h"
#include "plan/tags.h"
#include "util/mem.h"

struct back_risk plan_risk(const struct dataset *d, const struct snap *to)
{
	struct back_risk r = {.to = to, .bytes = dataset_written_after(d, to)};

	for (size_t i = 0; i < d->n_snaps; i++)
		r.snaps += d->snaps[i].createtxg > to->createtxg;
	return r;
}

char *plan_kept_name(const char *name, uint64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;
	char when[32];

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	return str_fmt("%s" CHANGE_KEPT "%s", name, when);
}

/* Every snapshot gets the longer name for a moment, and everything below as well. */
static struct err *check_length(const struct dataset *d, const char *kept, const char *host)
{
	size_t more = strlen(kept) - strlen(d->name), longest = 0;

	for (size_t i = 0; i < d->n_snaps; i++) {
		size_t n = strlen(d->name) + 1 + strlen(d->snaps[i].name);
		longest = n > longest ? n : longest;
	}
	for (size_t i = 0; i < d->below.n; i++) {
		size_t n = strlen(d->below.items[i]);
		longest = n > longest ? n : longest;
	}
	if (longest + more <= NAME_DATASET_MAX && strchr(d->name, '/') != NULL)
		return NULL;
	if (strchr(d->name, '/') == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is a pool: it cannot be renamed to keep what it has", d->name,
			    host),
		    "save what only it has elsewhere, then say --discard");
	return err_remedy(err_new(ERR_REFUSED,
				  "%s on %s cannot be kept as %s: the names would be too long",
				  d->name, host, kept),
			  "rename its longest snapshot, or say --discard");
}

static struct err *check_way(const struct dataset *d, const struct snap *to, const char *kept,
			     const char *host)
{
	const struct snap *held;

	if (kept != NULL)
		return check_length(d, kept, host);
	if ((held = plan_held_by_others(d, to)) == NULL)
		return NULL;
	return err_remedy(
	    err_new(ERR_REFUSED, "%s@%s on %s is held, and not by zrep: it cannot be discarded",
		    d->name, held->name, host),
	    "zfs holds %s@%s tells by whom; or go back without --discard", d->name, held->name);
}

/* Marks an end as on its way back to `to`, and makes it read-only, so that what it has is known. */
static void begin(const struct pair *pair, enum pair_side at, const struct snap *to, bool discard,
		  struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	char *kept = discard ? NULL : plan_kept_name(d->name, pair->now);
	struct err *e = tags_check(pair, at, DEED_ROLE);

	if (e == NULL && !plan_is_at(d, to))
		e = check_way(d, to, kept, me->host_name);
	if (e != NULL) {
		plan_refuse(out, e);
		free(kept);
		return;
	}
	/* Also where nothing is newer yet: a master may be written to until it is read-only. */
	nvlist_t *props = nv_new();
	char *back = change_back(to->guid, kept);
	plan_prop(props, pair->tag, "switch", back);
	plan_prop(props, pair->tag, "reset", NULL); /* set again, it says that this way is gone */
	if (d->role == ROLE_MASTER)
		plan_remember_readonly(props, pair->tag, d);
	struct step *mark = plan_add(out, STEP_SET, PHASE_DECLARE, at, d->name);
	mark->props = props;
	plan_expect(mark, pair->tag, d, "switch epoch master");
	plan_add(out, STEP_QUIESCE, PHASE_STOP, at, d->name);
	out->again = true;
	free(back);
	free(kept);
}

void plan_go_back(const struct pair *pair, enum pair_side at, const struct back_opts *opts,
		  struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	const struct snap *to =
	    opts->snap != NULL ? dataset_snap_by_name(d, opts->snap) : dataset_last_sent(d);

	if (to == NULL && opts->snap != NULL)
		plan_refuse(out,
			    err_remedy(err_new(ERR_REFUSED, "%s on %s has no snapshot @%s", d->name,
					       me->host_name, opts->snap),
				       "zfs list -t snapshot %s shows those that it has", d->name));
	else if (to == NULL)
		plan_refuse(
		    out, err_remedy(err_new(ERR_REFUSED,
					    "%s on %s has no snapshot that the other side is known "
					    "to have had",
					    d->name, me->host_name),
				    "name one to go back to: %s@SNAPSHOT", d->name));
	else if (d->role == ROLE_MASTER || !plan_is_at(d, to))
		begin(pair, at, to, opts->discard, out);
	else
		out->unchanged = true;
}

void plan_predict_back(const struct pair *pair, enum pair_side at, const struct plan *begun,
		       struct plan *out)
{
	const struct dataset *d = pair_end(pair, at)->d;
	char *key = str_fmt("%s:switch", pair->tag);
	struct pair then = *pair;

	for (size_t i = 0; d != NULL && i < begun->n; i++) {
		const struct step *s = &begun->steps[i];
		struct change change = change_parse(nv_str(s->props, key));
		if (s->kind->op == STEP_SET && s->kind->phase == PHASE_DECLARE && s->at == at && change.kind == CHANGE_BACK) {
			struct dataset marked = *d;
			marked.change = change;
			marked.switching = (char *)(uintptr_t)nv_str(s->props, key);
			marked.reset = 0;
			marked.readonly = marked.readonly_local = true;
			*(at == PAIR_SRC ? &then.src.d : &then.dst.d) = &marked;
			plan_back(&then, at, out);
		}
		change_clear(&change);
	}
	free(key);
}

/* --- rejoin --- */

static struct err *not_the_loser(const struct pair *p, const struct back_opts *opts)
{
	const struct dataset *w = p->src.d, *l = p->dst.d;

	if (w != NULL && (w->change.kind == CHANGE_UNKNOWN || w->change.kind == CHANGE_BACK))
		return plan_switching(p->tag, w, p->src.host_name);
	if (w == NULL && p->src.pool_away)
		return plan_pool_away(p->src.name, p->src.host_name);
	if (l == NULL && p->dst.pool_away)
		return plan_pool_away(p->dst.name, p->dst.host_name);
	if (w == NULL || w->role != ROLE_MASTER)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s is no master: there is nobody to come back to",
			    w ? w->name : p->src.name, p->src.host_name),
		    "see `zrep status -a` on both sides%s%s%s%s%s",
		    w && l ? "; `zrep takeover " : "", w && l ? l->name : "", w && l ? "` on " : "",
		    w && l ? p->dst.host_name : "", w && l ? " makes that one the master" : "");
	if (l == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s does not exist", p->dst.name, p->dst.host_name),
		    "if it was renamed: zrep changeconfig, on both sides; if it was destroyed, and "
		    "no "
		    "other copy is to be continued from: on %s, zrep clear %s" PLAN_CLEAR_COSTS
		    ", then zrep init",
		    p->src.host_name, w->name);
	if (strcmp(w->dest_fs, l->name) != 0)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s replicates to %s on %s, not to %s on %s",
			    w->name, p->src.host_name, w->dest_fs, w->dest_host, l->name, p->dst.host_name),
		    "compare `zrep list -v` on both sides");
	if (l->role != ROLE_MASTER && l->role != ROLE_REPLICA)
		return plan_no_pair(l->name, p->dst.host_name, p->tag);
	struct err *e = plan_check_named(p);
	if (e != NULL)
		return e;
	const char *others = l->role == ROLE_MASTER ? l->dest_fs : l->src_fs;
	if (strcmp(others, w->name) != 0)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s belongs to %s on %s, not to %s on %s", l->name,
					  p->dst.host_name, others,
					  l->role == ROLE_MASTER ? l->dest_host : l->src_host,
					  w->name, p->src.host_name),
				  "compare `zrep list -v` on both sides");
	if (l->master && l->epoch > w->epoch)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is the master of the higher epoch %" PRIu64 " (%s on %s: "
			    "%" PRIu64 ")",
			    l->name, p->dst.host_name, l->epoch, w->name, p->src.host_name, w->epoch),
		    "the other side is the one to come back: zrep rejoin %s on %s", w->name,
		    p->src.host_name);
	if (!l->master && l->epoch > w->epoch && !opts->force)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s has data of epoch %" PRIu64
					  ", and its master %s on %s is at %" PRIu64,
					  l->name, p->dst.host_name, l->epoch, w->name, p->src.host_name,
					  w->epoch),
				  "if that data is to go on: on %s, zrep takeover -L %s; if the "
				  "master's is: on %s, "
				  "zrep rejoin --force %s",
				  p->dst.host_name, l->name, p->dst.host_name, l->name);
	if (l->master && l->epoch == w->epoch && !opts->force)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "split brain: %s on %s and %s on %s are both masters at epoch %" PRIu64,
			    l->name, p->dst.host_name, w->name, p->src.host_name, l->epoch),
		    "if %s on %s is to give way: on %s, zrep rejoin --force %s", l->name,
		    p->dst.host_name, p->dst.host_name, l->name);
	return NULL;
}

void plan_rejoin(const struct pair *pair, const struct back_opts *opts, struct back_risk *risk,
		 struct plan *out)
{
	struct err *e = not_the_loser(pair, opts);
	const struct dataset *w = pair->src.d, *l = pair->dst.d;

	if (e != NULL || (e = tags_check(pair, PAIR_SRC, DEED_SEND)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *base = dataset_base(l, w);
	if (base == NULL) {
		plan_refuse(
		    out,
		    err_remedy(
			err_new(ERR_REFUSED, "%s on %s and %s on %s have no snapshot in common",
				l->name, pair->dst.host_name, w->name, pair->src.host_name),
			"both are kept as they are; to replicate %s again beside them: on %s, "
			"zrep -t TAG init %s HOST DATASET, with another tag; in place of this "
			"pair: rename %s on %s, on %s: zrep clear %s" PLAN_CLEAR_COSTS
			", then zrep init",
			w->name, pair->src.host_name, w->name, l->name, pair->dst.host_name, pair->src.host_name,
			w->name));
		return;
	}
	if (risk != NULL)
		*risk = plan_risk(l, base);
	out->base = mem_strdup(base->name);
	if (l->role == ROLE_REPLICA && plan_is_at(l, base) && l->change.kind == CHANGE_NONE)
		out->unchanged = true;
	else
		begin(pair, PAIR_DST, base, opts->discard, out);
	if (out->refusal == NULL && l->role == ROLE_MASTER)
		plan_hook(out, pair, PAIR_DST, PHASE_STOP, w->epoch, "replica");
}
