/* What init finds under the destination's name already: a copy that was brought there, the first part of one, or
 * something else that may be replaced. */
#include "plan/setup/destination.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/obstacles.h"
#include "plan/plan.h"
#include "plan/setup/pair_props.h"
#include "plan/sync_checks.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"

#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

struct err *init_check_room(const struct init *i, const struct dataset *in)
{
	const struct pair *p = i->pair;
	char need[NUM_TEXT], have[NUM_TEXT];

	uint64_t bytes = p->src.d->referenced; /* and what is reserved is reserved there as well */

	if (i->pair->dst.d == NULL && p->src.d->refreservation > bytes)
		bytes = p->src.d->refreservation;
	if (bytes <= in->available)
		return NULL;
	return err_remedy(err_refuse(REASON_NO_SPACE,
				     "%s on %s takes about %s, and %s on %s has %s left", SRC(p),
				     num_bytes(need, bytes), in->name, p->dst.host_name,
				     num_bytes(have, in->available)),
			  "free space on %s, or raise the quota there", p->dst.host_name);
}

/* "96.0 KiB of data, mounted at /tank/b" */
static void say_content(const struct dataset *d, struct buf *to)
{
	char bytes[NUM_TEXT];

	buf_addf(to, "%s of data", num_bytes(bytes, d->referenced));
	if (d->mounted)
		buf_addf(to, ", mounted at %s", d->mountpoint != NULL ? d->mountpoint : "?");
	else if (d->type == TYPE_FILESYSTEM)
		buf_addf(to, ", not mounted");
}

static struct err *not_over(const struct pair *p, const char *why)
{
	return err_remedy(
	    err_refuse(REASON_MISFIT,
		       "the destination %s on %s exists already, and ZFS receives no "
		       "first copy over it: %s",
		       DST(p), why),
	    "choose another name; if what is in it may go: on %s, {zfs destroy %s}, then "
	    "run this again",
	    p->dst.host_name, p->dst.d->name);
}

static struct err *check_size(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s->volsize == d->volsize)
		return NULL;
	return err_remedy(
	    err_refuse(REASON_MISFIT,
		       "the destination %s on %s exists already, and is not of the size "
		       "of %s on %s: %" PRIu64 " bytes, not %" PRIu64,
		       DST(p), SRC(p), d->volsize, s->volsize),
	    "if it is meant: on %s, {zfs set volsize=%" PRIu64 " %s}", p->dst.host_name, s->volsize,
	    d->name);
}

/* Could a full stream take the place of what is there? */
static struct err *check_over(const struct init *i)
{
	const struct pair *p = i->pair;
	struct err *e;

	if (p->dst.d->origin != NULL)
		return not_over(p, "it is a clone");
	if (p->src.d->type == p->dst.d->type && (p->src.d->encrypted || p->dst.d->encrypted))
		return not_over(p,
				p->dst.d->encrypted ? "it is encrypted" : "the copy is encrypted");
	if ((e = setup_check_kind(p)) != NULL || (e = check_size(p)) != NULL)
		return e;
	return init_check_room(i, p->dst.d);
}

/* It has no snapshot: somebody made it by hand, with options of its own. */
static struct err *check_empty(struct init *i)
{
	const struct pair *p = i->pair;
	struct buf what = {0};
	struct err *e;

	if (p->dst.d->inconsistent)
		return err_remedy(
		    err_new(ERR_BUSY, "another receive into %s on %s is in progress", DST(p)),
		    "wait for it; or choose another name");
	if ((e = check_over(i)) != NULL)
		return e;
	say_content(p->dst.d, &what);
	if (i->opts->force) {
		strv_addf(&i->out->notes, "what is in %s on %s (%s) is replaced by the first copy",
			  DST(p), what.data);
		i->over = true;
	} else {
		e = err_remedy(
		    err_refuse(REASON_CHANGED,
			       "the destination %s on %s exists already, without a snapshot: %s",
			       DST(p), what.data),
		    "choose another name; if what is in it may go: on %s, {zrep init -f %s %s %s} "
		    "receives the first copy over it, and from the next sync on it has the "
		    "properties of %s",
		    p->src.host_name, p->src.d->name, i->opts->dst_host, p->dst.d->name,
		    p->src.d->name);
	}
	buf_free(&what);
	return e;
}

static struct err *no_part(const struct pair *p, const struct snap *to)
{
	const char *why = to == NULL           ? "its snapshot is gone from"
			  : p->token_from != 0 ? "it is no full copy of a snapshot on"
					       : "it cannot be resumed from";

	return err_remedy(
	    err_refuse(REASON_EXISTS,
		       "%s on %s is a partial first copy that cannot be finished any more: %s %s",
		       DST(p), why, p->src.host_name),
	    "choose another name; if what has arrived may go: on %s, {zfs receive -A %s}, then run "
	    "this again",
	    p->dst.host_name, p->dst.d->name);
}

bool init_is_clone_origin(const struct init *i, const struct snap *s)
{
	for (size_t k = 0; i->opts->clone_origins != NULL && k < i->opts->clone_origins->n; k++)
		if (strcmp(i->opts->clone_origins->items[k], s->name) == 0)
			return true;
	return false;
}

/* The first part of a copy: in a dataset of its own or, with -f, about to replace what is there. */
static struct err *check_part(struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *d = p->dst.d;
	const char *asked = i->opts->snap;
	const struct snap *to = dataset_snap_by_guid(p->src.d, p->token_to);
	struct err *e = plan_check_token(p);

	if (e != NULL)
		return e;
	bool of_clone = i->opts->origin != NULL && p->token_from == i->opts->origin_guid;
	if (to == NULL || p->token_state == TOKEN_DEAD || (p->token_from != 0 && !of_clone))
		return no_part(p, to);
	if (init_is_clone_origin(i, to)) { /* the rest of the way is to be gone */
		i->token = d->token;
		i->part = to;
		return NULL;
	}
	if (asked != NULL ? strcmp(to->name, asked) != 0 : !to->zrep_named && !p->src.d->cascade)
		return err_remedy(
		    err_refuse(REASON_EXISTS,
			       "%s on %s is a partial first copy of @%s, which is not %s%s", DST(p),
			       to->name, asked != NULL ? "@" : "zrep's",
			       asked != NULL ? asked : ""),
		    "to finish it: on %s, {zrep init %s@%s %s %s}; to begin anew, without what has "
		    "arrived: on %s, {zfs receive -A %s}",
		    p->src.host_name, p->src.d->name, to->name, i->opts->dst_host, d->name,
		    p->dst.host_name, d->name);
	if (!d->inconsistent) {
		if ((e = check_over(i)) != NULL)
			return e;
		if (!i->opts->force)
			return err_remedy(
			    err_refuse(REASON_EXISTS,
				       "the first copy that is to replace %s on %s broke off",
				       DST(p)),
			    "on %s, {zrep init -f %s %s %s} goes on with it; to have it stay: on "
			    "%s, {zfs receive -A %s}",
			    p->src.host_name, p->src.d->name, i->opts->dst_host, d->name,
			    p->dst.host_name, d->name);
		i->over = true;
	}
	i->snap = mem_strdup(to->name);
	i->token = d->token;
	i->part = to;
	return NULL;
}

static struct err *check_unchanged(struct init *i, const struct snap *base)
{
	const struct pair *p = i->pair;
	struct err *stands;
	struct buf what = {0};

	if (!plan_name_changes(p->dst.d, base, &what))
		return NULL;
	struct err *e = err_refuse(REASON_CHANGED,
				   "the destination %s on %s was changed after @%s, the newest "
				   "snapshot that both sides have: it has %s",
				   DST(p), base->name, what.data);
	buf_free(&what);
	if (!i->opts->force)
		return err_remedy(e,
				  "choose another name; if that may be lost: on %s, {zrep init -f "
				  "%s %s %s} rolls it "
				  "back to @%s",
				  p->src.host_name, p->src.d->name, i->opts->dst_host,
				  p->dst.d->name, base->name);
	if ((stands = plan_obstacles(p->dst.d, base, p->dst.host_name, "choose another name")) !=
	    NULL) {
		err_wrap(stands, "%s", e->what);
		err_free(e);
		return stands;
	}
	strv_addf(&i->out->notes, "%s; it is rolled back to @%s", e->what, base->name);
	err_free(e);
	i->rollback = true;
	return NULL;
}

/* A copy that was brought there by other means, or by an init that could not come to its end. Names may differ, and
 * prove nothing. */
static struct err *check_copy(struct init *i, const struct snap *base)
{
	const struct pair *p = i->pair;
	const char *asked = i->opts->snap;
	struct err *e;

	if ((e = setup_check_kind(p)) != NULL)
		return e;
	if (asked != NULL && strcmp(asked, base->name) != 0)
		return err_remedy(
		    err_refuse(
			REASON_EXISTS,
			"%s on %s exists already, and the newest snapshot that it has of %s on "
			"%s is @%s, not @%s",
			DST(p), SRC(p), base->name, asked),
		    "on %s, {zrep init %s@%s %s %s} goes on from there", p->src.host_name,
		    p->src.d->name, base->name, i->opts->dst_host, p->dst.d->name);
	i->dst_base = dataset_snap_by_guid(p->dst.d, base->guid);
	i->snap = mem_strdup(base->name);
	return check_unchanged(i, i->dst_base);
}

static struct err *is_pool(const struct pair *p)
{
	const char *slash = strrchr(p->src.d->name, '/');

	return err_remedy(
	    err_refuse(
		REASON_MISFIT,
		"%s on %s is a pool, and ZFS cannot receive into the filesystem of a pool itself",
		DST(p)),
	    "choose a dataset in it, such as %s/%s", p->dst.d->name,
	    slash ? slash + 1 : p->src.d->name);
}

/* Of a tree nobody chooses the name: what has it gets another one, with all that is in it, or what has it at the source
 * takes no part. */
static struct err *in_tree(const struct init *i, struct err *e)
{
	const struct pair *p = i->pair;
	const struct dataset *d = p->dst.d;

	if (!i->opts->child || e == NULL || e->kind != ERR_REFUSED || d->token != NULL ||
	    d->inconsistent || d->switch_state.kind != SWITCH_NONE)
		return e;
	char *room = name_make_room(d->name);
	bool pair = d->below.n > 0 || d->role != ROLE_NONE || d->n_others > 0 || d->others_more;
	if (pair)
		err_remedy(
		    e,
		    "it stays as it is: rename %s on %s, or leave that out of the tree: on %s, "
		    "{zfs set %s:exclude=yes %s}",
		    p->src.d->name, p->src.host_name, p->src.host_name, p->tag, p->src.d->name);
	else
		err_remedy(e,
			   "on %s, %s makes room, and keeps what is in it; or leave %s "
			   "out of the tree: on %s, {zfs set %s:exclude=yes %s}",
			   p->dst.host_name, room, p->src.d->name, p->src.host_name, p->tag,
			   p->src.d->name);
	free(room);
	return e;
}

static struct err *check_there(struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *d = p->dst.d;
	struct err *e = setup_check_free(&i->begin);

	if (e != NULL)
		return e;
	if (strchr(d->name, '/') == NULL)
		return is_pool(p);
	if (d->n_snaps == 0)
		return d->token != NULL ? check_part(i) : check_empty(i);
	char *room = name_make_room(d->name);
	e = err_remedy(err_refuse(REASON_NO_BASE,
				  "the destination %s on %s exists already, and has no snapshot in "
				  "common with %s on %s",
				  DST(p), SRC(p)),
		       "choose another name, or on %s, %s makes room, and keeps what is in it",
		       p->dst.host_name, room);
	free(room);
	return e;
}

struct err *init_check_destination(struct init *i)
{
	const struct pair *p = i->pair;
	const struct snap *base = dataset_base(p->src.d, p->dst.d);
	struct err *e = base != NULL ? setup_check_free(&i->begin) : NULL;

	if (e == NULL && base != NULL)
		return check_copy(i, base);
	return in_tree(i, e != NULL ? e : check_there(i));
}
