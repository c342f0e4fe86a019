/* Is the destination the very dataset that its source means? One that was sent to a third host with its properties, or
 * stands on a copy of a disk, says all that the real one says, and so does one that the pair has left. */
#include "plan/named.h"

#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/plan.h"
#include "plan/role/links.h"
#include "plan/role/masters.h"
#include "state/links.h"

#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

/* The command that gives the pair another destination. */
static struct err *remedy(const struct pair *p, struct err *e)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	const char *host = p->dst.self != NULL ? p->dst.self : p->dst.host_name;
	if (plan_rejoin_by(p, PAIR_SRC, e))
		return err_because(e, REASON_NOT_REPLICA);
	const char *from = s->name, *to = d->name;

	err_remedy(
	    e,
	    "neither was touched; only if this one is to become the replica in place of that one: "
	    "on %s, {zrep changeconfig %s %s %s}, and then the commands that it prints",
	    p->src.host_name, from, name_is_host(host) ? host : "HOST", to);
	return err_because(e, REASON_NOT_REPLICA);
}

struct err *plan_check_copy(const struct dataset *d, const char *host)
{
	if (!d->copy)
		return NULL;
	bool same_name = strcmp(d->dest_fs, d->name) == 0 && name_names_host(d->dest_host, host);
	struct err *e = err_remedy(
	    same_name
		? err_refuse(REASON_NOT_REPLICA,
			     "%s on %s is not the replica that %s on %s syncs to, but a copy of "
			     "it: all of its zrep properties came with a stream",
			     d->name, host, d->src_fs, d->src_host)
		: err_refuse(
		      REASON_NOT_REPLICA,
		      "%s on %s is not the replica that %s on %s syncs to, but a copy of it: it "
		      "says that it is %s on %s",
		      d->name, host, d->src_fs, d->src_host, d->dest_fs, d->dest_host),
	    "work with that one; only if this copy is to take its place: on %s, {zrep "
	    "changeconfig -d %s %s %s}, and then the same again",
	    host, d->name, name_is_host(d->src_host) ? d->src_host : "HOST", d->src_fs);
	return err_because(e, REASON_NOT_REPLICA);
}

/* What a side calls its own host, by its words. */
static const char *own_words(const struct dataset *d)
{
	return d->role == ROLE_MASTER ? d->src_host : d->dest_host;
}

static bool is_one_host(const struct pair *p)
{
	return p->src.self != NULL && p->dst.self != NULL &&
	       name_same_host(p->src.self, p->dst.self);
}

/* Does src, by the words `host`, mean the host of dst? */
static bool means_host(const struct pair *p, const char *host)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	const char *own = own_words(d);

	if (p->dst.self == NULL || name_names_host(host, p->dst.self))
		return true;
	if (strcmp(host, "localhost") == 0)
		return is_one_host(p);
	/* By an alias. It was reached by that, and has told what it calls itself; before it ever did, both sides have
	 * to say the same. */
	if (s->role == ROLE_MASTER && s->dest_self != NULL)
		return name_names_host(s->dest_self, p->dst.self);
	return own != NULL && strcmp(own, host) == 0;
}

/* The link by which the source of src sends to dst, as that has told src of its others. NULL: it has told of none. */
static const struct link *leads_here(const struct pair *p)
{
	const struct links *told = &p->src.d->links;

	for (size_t i = 0; i < told->n; i++) {
		const struct link *l = &told->items[i];
		if (!l->up && plan_is_end(&p->dst, l->host, l->fs))
			return l;
	}
	return NULL;
}

/* By host and name. */
static struct err *check_words(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e;

	if (d == NULL || (d->role != ROLE_MASTER && d->role != ROLE_REPLICA))
		return NULL;
	/* Whom the source reaches by its own words is right, also if its host was renamed; what came with a stream
	 * speaks of another one all the same. */
	if ((p->pull || d->dest_self == NULL) && (e = plan_check_copy(d, p->dst.host_name)) != NULL)
		return e;
	if (!p->pull || s == NULL)
		return NULL;
	if (s->role == ROLE_MASTER && strcmp(s->dest_fs, d->name) == 0 &&
	    means_host(p, s->dest_host))
		return NULL;
	if (s->role == ROLE_MASTER)
		return remedy(
		    p, err_refuse(REASON_NOT_REPLICA,
				  "%s on %s is not the replica that %s on %s syncs to: that is "
				  "%s on %s",
				  DST(p), SRC(p), s->dest_fs, s->dest_host));
	/* One that gave the role up names the other side as its source. */
	if (s->role != ROLE_REPLICA || d->role != ROLE_REPLICA || strcmp(s->src_fs, d->name) != 0 ||
	    means_host(p, s->src_host))
		return NULL;
	e = err_refuse(REASON_SUPERSEDED,
		       "%s on %s is not the one that %s on %s gave its role up to: that "
		       "is %s on %s",
		       DST(p), SRC(p), s->src_fs, s->src_host);
	const struct link *l = leads_here(p);
	if (l != NULL && name_is_host(s->src_host) && name_is_dataset(s->src_fs))
		return err_remedy(e,
				  "that one leads, and has a pair of tag %s that leads here; to "
				  "come back by that, "
				  "keeping what only this side has: on %s, {zrep -t %s rejoin %s}",
				  l->tag, s->src_host, l->tag, s->src_fs);
	return err_remedy(e, "take the role over there, or on %s", p->src.host_name);
}

struct err *plan_check_named(const struct pair *p)
{
	struct err *e = p->src.d != NULL && p->dst.d != NULL ? plan_left_behind(p) : NULL;

	if (e == NULL)
		e = check_words(p);
	return e != NULL ? e : identity_check_ends(p);
}

void plan_note_self(nvlist_t *props, const struct pair *p, const struct dataset *d)
{
	if (p->dst.self == NULL || !name_is_host(p->dst.self) ||
	    (d != NULL && d->dest_self != NULL && strcmp(d->dest_self, p->dst.self) == 0))
		return;
	plan_prop(props, p->tag, "dest-self", p->dst.self);
}
