/* What several plans refuse for the same reason, in the same words. */
#include "plan/refusals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"

char *plan_settler(const struct dataset *d)
{
	char *before = dataset_name_before(d),
	     *command = remedy_fmt("{zrep doctor --fix %s}", before);

	free(before);
	return command;
}

/* Nobody is at work, and nothing is broken: somebody has to say who is to lead. */
static struct err *made_way(const struct dataset *d, const char *host)
{
	if (d->switch_state.kind == SWITCH_OFFERED)
		return err_remedy(
		    err_refuse(REASON_SWITCHING,
			       "%s on %s was offered the role of %s on %s, as the master of epoch "
			       "%" PRIu64 "; until one of them takes it, nobody can write",
			       d->name, host, d->src_fs, d->src_host, d->switch_state.epoch),
		    "to take it: on %s, {zrep takeover %s}; to take it back: on %s, "
		    "{zrep takeover %s}",
		    host, d->name, d->src_host, d->src_fs);
	if (!d->readonly)
		return err_remedy(
		    err_refuse(REASON_SWITCHING,
			       "%s on %s was to make way, and can still be written to", d->name,
			       host),
		    "to close it: on %s, {zrep yield -L %s}; to leave it so: on %s, "
		    "{zrep takeover %s}",
		    host, d->name, host, d->name);
	return err_remedy(err_refuse(REASON_SWITCHING,
				     "%s on %s has made way, and is read-only; nobody was "
				     "offered its role",
				     d->name, host),
			  "to write to it again: on %s, {zrep takeover %s}; to move the role: on "
			  "%s, {zrep failover %s}",
			  host, d->name, host, d->name);
}

struct err *plan_switching(const char *tag, const struct dataset *d, const char *host)
{
	if (switch_waits(&d->switch_state))
		return made_way(d, host);
	struct err *e =
	    err_refuse(REASON_SWITCHING, "%s on %s is in the middle of a role change (%s)", d->name,
		       host, d->switch_text);
	char *command = plan_settler(d);

	if (d->switch_state.kind == SWITCH_UNKNOWN)
		err_remedy(e,
			   "this zrep does not know that value: compare `{zrep status -v}` on both "
			   "sides; to forget it: on %s, {zfs inherit %s:switch %s}",
			   host, tag, d->name);
	else
		err_remedy(e, "if nobody is at it: on %s, %s", host, command);
	free(command);
	return e;
}

bool plan_can_be_renamed(const char *from, const char *to)
{
	size_t n = name_pool_len(from);

	return name_is_dataset(to) && name_pool_len(to) == n && strncmp(from, to, n) == 0 &&
	       !name_within(from, to) && !name_within(to, from);
}

bool plan_is_taken_out(const struct side *side, const struct dataset *d)
{
	bool out = d->excluded;

	for (char *next, *above = name_parent(d->name); above != NULL; above = next) {
		const struct dataset *a = out ? NULL : side_find(side, above);
		out = out || (a != NULL && a->excluded);
		next = out ? NULL : name_parent(above);
		free(above);
	}
	return out;
}

/* Under its new name it is an end already: the operator has told it so, and the other one not yet. */
static bool is_told(const struct dataset *now)
{
	return now->role == ROLE_MASTER || now->role == ROLE_REPLICA;
}

struct err *plan_renamed(const struct pair *p, enum pair_side at)
{
	const struct endpoint *me = pair_end(p, at), *other = pair_end(p, pair_other(at));
	const struct dataset *now = me->renamed;

	if (now == NULL || other->d == NULL || !plan_can_be_renamed(now->name, me->name))
		return NULL;
	bool sure = identity_end(other->d, now) == END_KNOWN;
	if (!sure && !is_told(now) && me->d != NULL)
		return NULL; /* nothing has to make room for what may be a copy */
	struct err *e =
	    err_refuse(REASON_RENAMED,
		       "the %s %s on %s %s (%s: %s on %s): %sit was renamed, and is %s there now",
		       at == PAIR_SRC ? "source" : "destination", me->name, me->host_name,
		       me->d == NULL ? "does not exist" : "is another dataset",
		       at == PAIR_SRC ? "destination" : "source", other->d->name, other->host_name,
		       sure ? "" : "perhaps ", now->name);
	if (is_told(now))
		return err_remedy(
		    e,
		    "there its pair goes by that name already: on %s, {zrep changeconfig "
		    "}%s{%s %s %s} has it go by that here as well, and then what that says",
		    other->host_name, at == PAIR_SRC ? "-d " : "", other->d->name, me->host_name,
		    now->name);
	if (at == PAIR_SRC && me->renamed_in != NULL && me->renamed_in->role == ROLE_MASTER &&
	    !plan_is_taken_out(me->renamed_on, now))
		return err_remedy(e,
				  "on %s, {zrep sync %s} has its replica follow; then run this "
				  "again, with its new name",
				  me->host_name, me->renamed_in->name);
	if (!sure)
		return err_remedy(
		    e,
		    "only if it is that, and no copy of it: on %s, {zfs rename %s %s} gives it its "
		    "name back; then run this again",
		    me->host_name, now->name, me->name);
	if (me->d != NULL) {
		char *room = name_make_room(me->name);
		err_remedy(
		    e,
		    "to give it its name back: on %s, %s makes room, then {zfs rename %s %s}, "
		    "then run this again",
		    me->host_name, room, now->name, me->name);
		free(room);
		return e;
	}
	if (me->renamed_in != NULL || now->master != (at == PAIR_SRC))
		return err_remedy(e,
				  "to give it its name back: on %s, {zfs rename %s %s}, then run "
				  "this again",
				  me->host_name, now->name, me->name);
	return err_remedy(
	    e,
	    "to give it its name back: on %s, {zfs rename %s %s}, then run this again; to keep the "
	    "new one: on %s, {zrep changeconfig }%s{%s %s %s}, and then what "
	    "that says",
	    me->host_name, now->name, me->name, other->host_name, at == PAIR_SRC ? "-d " : "",
	    other->d->name, me->host_name, now->name);
}

struct err *plan_no_pair(const char *name, const char *host, const char *tag)
{
	return err_remedy(err_refuse(REASON_NO_PAIR, "%s on %s is not replicated by zrep (tag %s)",
				     name, host, tag),
			  "if it is to be: on %s, {zrep init %s HOST DATASET}; `{zrep list}` shows "
			  "what is",
			  host, name);
}

struct err *plan_displaced(const char *name, const struct dataset *aside, const char *host)
{
	char *room = name_make_room(name);
	struct err *e = err_remedy(
	    err_refuse(REASON_SWITCHING,
		       "%s on %s was being reverted to an older snapshot, and its data "
		       "is in %s; meanwhile another dataset has taken its name",
		       name, host, aside->name),
	    "on %s, %s makes room; then {zrep doctor --fix %s} goes on", host, room, name);

	free(room);
	return e;
}

struct err *plan_in_way(const struct dataset *d, const char *in_way, const char *host)
{
	char *room = name_make_room(in_way), *command = plan_settler(d);
	struct err *e = err_remedy(err_refuse(REASON_SWITCHING,
					      "%s on %s is to be preserved as %s, but another "
					      "dataset has that name; nothing was renamed",
					      d->name, host, in_way),
				   "on %s, %s makes room; then %s goes on", host, room, command);

	free(command);
	free(room);
	return e;
}

struct err *plan_unreadable(const char *dataset, const char *host, const char *prop)
{
	if (prop == NULL)
		return NULL;
	if (strcmp(prop, UNREADABLE_CONFINED) == 0)
		return err_remedy(
		    err_refuse(REASON_CONFINED,
			       "%s does not let this key do anything with %s: it is bound to other "
			       "datasets",
			       host, dataset),
		    "add it to the `--under` of that key in authorized_keys on %s, or choose a "
		    "name below one of those",
		    host);
	if (*prop == '\0')
		return err_remedy(
		    err_refuse(REASON_SETTING,
			       "%s on %s cannot be listed: a property of it, or of a snapshot of "
			       "it, has a line break or a tab in its value",
			       dataset, host),
		    "on %s, {zfs get -d 1 -t all all %s} shows which: set that anew", host,
		    dataset);
	return err_remedy(err_refuse(REASON_SETTING,
				     "%s on %s cannot be listed: %s has a line break or a tab in "
				     "its value",
				     dataset, host, prop),
			  "on %s, {zfs get %s %s} shows it, and where it is set: set it anew there",
			  host, prop, dataset);
}

struct err *plan_pool_away(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(err_refuse(REASON_POOL_AWAY,
				     "pool %.*s is not imported on %s: %s cannot be seen", n,
				     dataset, host, dataset),
			  "on %s: {zpool import %.*s}, then run the same again", host, n, dataset);
}

struct err *plan_not_there(const struct side *s, const char *dataset, const char *host)
{
	if (side_find(s, dataset) != NULL)
		return NULL;
	if (side_pool_away(s, dataset))
		return plan_pool_away(dataset, host);
	if (side_unreadable(s, dataset) != NULL)
		return plan_unreadable(dataset, host, side_unreadable(s, dataset));
	return err_remedy(err_new(ERR_FAILED, "%s on %s does not exist", dataset, host),
			  "`{zrep list}` shows the datasets that zrep knows");
}

static struct err *pool_suspended(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(
	    err_because(err_new(ERR_FAILED,
				"pool %.*s on %s is suspended: its devices do not answer", n,
				dataset, host),
			REASON_HUNG),
	    "see `{zpool status %.*s}` on %s; when the devices are back, {zpool clear %.*s} there",
	    n, dataset, host, n, dataset);
}

struct err *plan_not_allowed(const struct dataset *d, const char *host)
{
	if (d == NULL || d->lacks == NULL || d->user == NULL)
		return NULL;
	return err_remedy(
	    err_refuse(REASON_PERMISSION,
		       "%s may not do on %s on %s what a sync and a change of its role "
		       "need, and root has not allowed: %s",
		       d->user, d->name, host, d->lacks),
	    "as root on %s: {zfs allow -u %s %s %s}", host, d->user, d->lacks, d->name);
}

struct err *plan_snapshots_full(const struct dataset *d, const char *host)
{
	if (d == NULL || d->full == NULL || d->user == NULL)
		return NULL;
	return err_remedy(
	    err_refuse(
		REASON_PERMISSION,
		"%s on %s has %" PRIu64 " snapshots, and may have %" PRIu64
		" (snapshot_limit, which %s is held to): a sync could not take or receive its "
		"own",
		d->full, host, d->full_count, d->full_limit, d->user),
	    "destroy what nobody needs, or as root on %s: {zfs set snapshot_limit=%" PRIu64 " %s}",
	    host, 2 * (d->full_count > d->full_limit ? d->full_count : d->full_limit) + 10,
	    d->full);
}

struct err *plan_pool_readonly(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(
	    err_refuse(REASON_POOL_READONLY,
		       "pool %.*s is imported read-only on %s: %s cannot be changed", n, dataset,
		       host, dataset),
	    "on %s: {zpool export %.*s}, {zpool import %.*s}, then run the same again", host, n,
	    dataset, n, dataset);
}

char *plan_anew(const char *src, const char *src_host, const char *dst, const char *dst_host)
{
	return remedy_fmt(
	    "to begin anew beside it: on %s, {zrep -t TAG init %s HOST DATASET}, with another tag "
	    "and "
	    "into a dataset that does not exist; in place of this pair: on %s, {zfs rename %s "
	    "%s_before} keeps what is there, then on %s, {zrep clear %s}" PLAN_CLEAR_COSTS
	    " and {zrep init %s %s %s}",
	    src_host, src, dst_host, dst, dst, src_host, src, src, dst_host, dst);
}

char *plan_parted_ways(const char *master, const char *master_host, const char *replica,
		       const char *replica_host)
{
	const char *m = master, *r = replica;
	char *text = remedy_fmt(
	    "if the master's data is right: on %s, {zrep rejoin %s} keeps the changes beside it, "
	    "or "
	    "on %s, {zrep sync -f %s} discards them; if the replica's is right: on %s, {zrep "
	    "takeover -L %s}, then on %s, {zrep rejoin %s}",
	    replica_host, r, master_host, m, replica_host, r, master_host, m);

	return text;
}

char *plan_open_again(const struct dataset *d, const char *host)
{
	return remedy_fmt("if that is not meant: on %s, {zfs inherit readonly %s}", host, d->name);
}

struct err *plan_no_way_back(const struct pair *p)
{
	const struct err *why = p->no_way_back;
	const struct dataset *d = p->dst.d;

	if (why == NULL)
		return NULL;
	/* By the name that was tried, which is the replica's. */
	const char *master = d != NULL && d->src_host != NULL && name_is_host(d->src_host)
				 ? d->src_host
				 : p->src.host_name;
	struct err *e = err_remedy(
	    err_because(err_new(ERR_UNREACHABLE, "after a failover, %s could not send to %s: %s",
				p->dst.host_name, master, why->what),
			why->reason),
	    "on %s, see that `{ssh %s zrep version}` works, without a question, as the user of "
	    "zrep; "
	    "or let %s fetch then: {zrep refresh %s}",
	    p->dst.host_name, master, p->src.host_name, p->src.name);
	return e;
}

struct err *plan_outlived(const struct dataset *d, const char *host)
{
	if (!dataset_is_outlived(d))
		return NULL;
	struct err *e = err_remedy(
	    err_refuse(
		REASON_SUPERSEDED,
		"%s on %s was being demoted once, and somebody else has led since, at an epoch "
		"that its next one would not be above",
		d->name, host),
	    "find who leads by `{zrep status -a}` on its other hosts, and bring it back: on %s, "
	    "{zrep "
	    "rejoin %s}; only if it is the one that is right: on %s, {zfs set "
	    "readonly=off %s}",
	    host, d->name, host, d->name);
	return e;
}

struct err *plan_check_pool(const struct pool *pool, const char *dataset, const char *host)
{
	if (pool == NULL || (!pool->suspended && !pool->readonly))
		return NULL;
	return pool->suspended ? pool_suspended(dataset, host) : plan_pool_readonly(dataset, host);
}

struct err *plan_check_epoch(const struct dataset *d, const char *host, const char *tag)
{
	if (d->epoch < EPOCH_MAX)
		return NULL;
	return err_remedy(err_refuse(REASON_SETTING,
				     "%s on %s: epoch %" PRIu64 " cannot grow any more", d->name,
				     host, d->epoch),
			  "somebody has set it; look at both sides with `{zrep list -v}`, then on "
			  "the one that it "
			  "is wrong on: {zfs set %s:epoch=NUMBER %s}",
			  tag, d->name);
}
