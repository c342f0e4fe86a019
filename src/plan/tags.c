#include "plan/tags.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/links.h"
#include "state/dataset.h"
#include "state/error_note.h"
#include "util/mem.h"

/* Text that some other program may have written as well is a change of zrep's only beside a pair. */
static bool is_switching(const struct other_tag *o)
{
	return o->switch_state.kind != SWITCH_NONE &&
	       (o->switch_state.kind != SWITCH_UNKNOWN || o->role != ROLE_NONE);
}

/* Half a pair may be any: a renamed master, a replica whose text somebody lost. */
static bool may_lead(const struct other_tag *o)
{
	return o->master || o->role == ROLE_MASTER || o->role == ROLE_BROKEN;
}

static bool may_follow(const struct other_tag *o)
{
	return o->role == ROLE_REPLICA || (o->role == ROLE_BROKEN && !o->master);
}

static bool names_end(const char *stored, const struct endpoint *e)
{
	return stored != NULL && (name_names_host(stored, e->host_name) ||
				  (e->self != NULL && name_names_host(stored, e->self)));
}

/* Is what another tag stores (a host and a dataset) the other side of this pair? Hosts have several names. */
static bool is_other_side(const struct pair *p, enum pair_side at, const char *host, const char *fs)
{
	const struct endpoint *me = pair_end(p, at), *other = pair_end(p, pair_other(at));
	const char *name = other->d != NULL ? other->d->name : other->name;
	bool one_host =
	    me->self != NULL && other->self != NULL && strcmp(me->self, other->self) == 0;

	if (!str_same(fs, name) || host == NULL)
		return false;
	/* What it calls itself: of a replica the source is somebody else, who may have one of that name as well. */
	const char *calls = other->d == NULL                 ? NULL
			    : other->d->role == ROLE_REPLICA ? other->d->dest_host
							     : other->d->src_host;
	return names_end(host, other) || (calls != NULL && str_same(host, calls)) ||
	       (one_host && strcmp(host, "localhost") == 0);
}

/* Half a pair without a master, as changeconfig -f begins one, of which this very dataset is to be the source. */
static bool names_as_source(const struct pair *p, enum pair_side at, const struct dataset *d,
			    const struct other_tag *o)
{
	const struct endpoint *me = pair_end(p, at);

	return o->role == ROLE_BROKEN && !o->received && str_same(o->src_fs, d->name) &&
	       names_end(o->src_host, me) &&
	       !(str_same(o->dest_fs, d->name) && names_end(o->dest_host, me));
}

/* A cascade: what comes in is passed on, nobody writes to it, and it does not come back to where it was sent from. Or the
 * same replica of the same source twice. */
static bool may_receive(const struct pair *p, enum pair_side at, const struct dataset *d,
			const struct other_tag *o)
{
	if (o->role == ROLE_REPLICA)
		return is_other_side(p, at, o->src_host, o->src_fs);
	return o->role == ROLE_MASTER && d->readonly &&
	       (!is_other_side(p, at, o->dest_host, o->dest_fs) ||
		(at == PAIR_DST && plan_follows(p) && plan_sends_up(p, o)));
}

/* Has the other side become the master of a higher epoch, so that its source is one no more either? Or is it the one that
 * the operator has chosen of two masters of one epoch? What is on its way back has been told so. */
static bool is_outranked(const struct pair *p, enum pair_side at, const struct dataset *d)
{
	const struct dataset *other = pair_end(p, pair_other(at))->d;
	bool chosen = (p->yields && at == PAIR_DST) || d->switch_state.kind == SWITCH_REVERTING;

	return d->master && other != NULL && other->master && plan_leads(other) &&
	       (other->epoch > d->epoch || (chosen && other->epoch == d->epoch));
}

/* Does the other side receive under that tag? */
static bool receives_under(const struct pair *p, enum pair_side at, const char *tag)
{
	const struct dataset *other = pair_end(p, pair_other(at))->d;

	for (size_t i = 0; other != NULL && i < other->n_others; i++)
		if (strcmp(other->others[i].tag, tag) == 0)
			return other->others[i].role == ROLE_REPLICA;
	return false;
}

/* The role moves over one link and turns only that: what the dataset sends under other tags it goes on to send, as their
 * master or, being a replica, as a cascade. Who receives under another tag has no role to give, and can take none; he
 * comes back as a replica of a master that has outranked his own, and then sends to that (plan_hand_on_links()). */
static bool may_change_role(const struct pair *p, enum pair_side at, const struct dataset *d,
			    const struct other_tag *o)
{
	const char *host = d->role == ROLE_REPLICA ? d->src_host : d->dest_host;
	const char *fs = d->role == ROLE_REPLICA ? d->src_fs : d->dest_fs;

	if (o->role == ROLE_REPLICA)
		return is_outranked(p, at, d);
	/* To a master of a higher epoch that does not receive it: that link is given up (plan_hand_on_links()). */
	if (o->role == ROLE_MASTER && is_outranked(p, at, d) && !receives_under(p, at, o->tag))
		return true;
	if (host != NULL && o->dest_host != NULL && str_same(o->dest_fs, fs) &&
	    name_same_host(name_host_part(host), name_host_part(o->dest_host)))
		return false; /* by its own words, where the other side is not asked */
	return o->role == ROLE_MASTER && !is_other_side(p, at, o->dest_host, o->dest_fs);
}

/* Of a cascade: nothing is on our replica but what we brought, whatever its readonly says; the other tag passes that on,
 * and loses nothing when nobody can write to it. */
static bool only_passes_on(const struct dataset *d, const struct other_tag *o)
{
	return d->role == ROLE_REPLICA && !d->master && o->role == ROLE_MASTER && d->n_snaps > 0 &&
	       dataset_unchanged(d) && dataset_newest(d) == dataset_last_sent(d);
}

/* The other end of that tag leads, as far as is known here: the data of this one is not to go on, unless it is one of two of an
 * epoch, of which it may be the one. A sync that was found to be led itself looks there again. */
static bool is_led_elsewhere(const struct dataset *d, const struct other_tag *o)
{
	return o->led == REASON_SUPERSEDED && o->role == ROLE_MASTER &&
	       error_note_led(d->error) == REASON_NONE;
}

static bool forbids(const struct pair *p, enum pair_side at, const struct dataset *d,
		    const struct other_tag *o, enum deed deed)
{
	/* Who has made way, or was about to, and finds that another leads, comes back over the link to that one. */
	if (is_switching(o))
		return deed != DEED_ROLE || !o->master || !is_outranked(p, at, d) ||
		       (o->switch_state.kind != SWITCH_RESTING &&
			o->switch_state.kind != SWITCH_DEMOTING);
	if (o->role == ROLE_NONE)
		return false;
	switch (deed) {
	case DEED_SEND:
		return is_led_elsewhere(d, o);
	case DEED_RECEIVE:
		return !may_receive(p, at, d, o);
	case DEED_READONLY:
		return may_lead(o) && !only_passes_on(d, o);
	case DEED_WRITABLE:
		return may_follow(o) && !names_as_source(p, at, d, o);
	case DEED_ROLE:
		return !may_change_role(p, at, d, o);
	case DEED_ROLLBACK:
	case DEED_BACK:
	case DEED_ADOPT:
	case DEED_ASIDE:
		break;
	}
	return true;
}

/* --- what is said --- */

static const char *const cannot[] = {
    [DEED_SEND] = "is not sent",
    [DEED_RECEIVE] = "receives nothing",
    [DEED_ROLLBACK] = "is not rolled back",
    [DEED_ROLE] = "neither takes nor gives up the master's role",
    [DEED_BACK] = "is not taken back to an older snapshot",
    [DEED_ADOPT] = "does not become a replica",
    [DEED_ASIDE] = "is not renamed or preserved",
    [DEED_READONLY] = "is not made read-only",
    [DEED_WRITABLE] = "is not made writable",
};

/* "tank/b on host2", of what is stored: it may be anything. */
static char *place(const char *fs, const char *host)
{
	char *text =
	    str_fmt("%s on %s", fs != NULL ? fs : "no dataset", host != NULL ? host : "no host");

	return str_clean(text);
}

/* What the other tag says, as the end of a sentence. */
static char *what_it_says(const struct other_tag *o)
{
	char *from = place(o->src_fs, o->src_host), *to = place(o->dest_fs, o->dest_host), *text;
	const char *came = o->received ? " (received with a stream)" : "";

	if (o->switch_state.kind == SWITCH_RESTING && is_switching(o))
		text = str_fmt("under tag %s it has made way, and is read-only", o->tag);
	else if (is_switching(o))
		text = str_fmt("under tag %s it is in the middle of a role change (%s)", o->tag,
			       o->switch_text);
	else if (o->led != REASON_NONE)
		text = str_fmt("under tag %s another master was found, %s", o->tag, to);
	else if (o->role == ROLE_MASTER)
		text = str_fmt("under tag %s it is the master of %s", o->tag, to);
	else if (o->role == ROLE_REPLICA)
		text = str_fmt("under tag %s it is the replica of %s%s", o->tag, from, came);
	else
		text = str_fmt("tag %s has properties on it that do not fit it (%s, replicated to "
			       "%s)%s",
			       o->tag, from, to, came);
	free(from);
	free(to);
	return text;
}

/* All that came with a stream, to be taken away. The caller frees. */
static char *forget(const struct other_tag *o, const char *name)
{
	const struct {
		const char *prop, *value;
	} all[] = {{"src-host", o->src_host},
		   {"src-fs", o->src_fs},
		   {"dest-host", o->dest_host},
		   {"dest-fs", o->dest_fs}};
	struct buf text = {0};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].value != NULL)
			buf_tell(&text, "%s{zfs inherit %s:%s %s}", text.len > 0 ? "; " : "",
				 o->tag, all[i].prop, name);
	return text.data;
}

/* Whose the role is, or why two tags cannot move it. Stored hosts and datasets are pasted only if they are names. */
static struct err *role_remedy(struct err *e, const struct other_tag *o, const char *shell,
			       const char *host)
{
	const char *from = name_is_dataset(o->src_fs) ? o->src_fs : "DATASET";

	if (o->role == ROLE_REPLICA && o->src_host != NULL && name_is_host(o->src_host))
		err_remedy(e,
			   "this dataset does not have the role; bring it here first: on %s, {zrep "
			   "-t %s failover %s}; then run this again",
			   o->src_host, o->tag, from);
	else
		err_remedy(
		    e,
		    "two tags that lead to the same dataset cannot both move its role: leave "
		    "it where it is; or give the pair of tag %s up, for good: on %s, {zrep -t "
		    "%s clear %s}" PLAN_CLEAR_COSTS,
		    o->tag, host, o->tag, shell);
	return e;
}

/* The other tag's destination may have been sent what is newer here. */
static struct err *back_remedy(struct err *e, const struct other_tag *o, const char *shell,
			       const char *host)
{
	return err_remedy(e,
			  "sync it first, so that nothing is newer, then run this again; on %s, "
			  "`{zrep -t %s list -v %s}` shows what tag %s has sent",
			  host, o->tag, shell, o->tag);
}

/* Of a replica that another tag passes on: what is in the way is less than a pair. */
static bool cascade_remedy(struct err *e, const struct pair *p, enum pair_side at,
			   const struct other_tag *o, enum deed deed, const struct dataset *d)
{
	const char *host = pair_end(p, at)->host_name;
	bool cascade = d->role == ROLE_REPLICA && o->role == ROLE_MASTER && !o->received &&
		       !is_switching(o) && !is_other_side(p, at, o->dest_host, o->dest_fs);
	bool writable = cascade && deed == DEED_RECEIVE && !d->readonly;
	bool newer = cascade && deed == DEED_ROLLBACK && d->readonly && dataset_unchanged(d);

	if (writable)
		err_remedy(
		    e,
		    "if nobody is to write to it, and tag %s only passes it on: on %s, {zfs "
		    "set readonly=on %s}; then run this again. Else one of the two pairs has "
		    "to go to another dataset",
		    o->tag, host, d->name);
	else if (newer)
		err_remedy(
		    e,
		    "on %s, {zfs list -t snapshot %s} shows what is newer there: to keep it "
		    "aside, on %s, {zrep rejoin %s}; or when a snapshot that nobody needs is "
		    "destroyed, run this again",
		    host, d->name, host, d->name);
	return writable || newer;
}

/* Another master was found under that tag. */
static void led_remedy(struct err *e, const struct other_tag *o, const char *name, const char *host)
{
	err_remedy(
	    e,
	    "on %s, {zrep -t %s sync %s} looks again, and says how one of them comes back; only "
	    "if that one is gone for good: on %s, {zrep -t %s clear %s}" PLAN_CLEAR_COSTS,
	    host, o->tag, name, host, o->tag, name);
}

static struct err *with_remedy(struct err *e, const struct other_tag *o, enum deed deed,
			       const struct dataset *d, const char *host)
{
	char *more = NULL;

	if (o->switch_state.kind == SWITCH_RESTING && is_switching(o))
		err_remedy(e,
			   "if it is to be written to again: on %s, {zrep -t %s takeover %s}; then "
			   "run this again",
			   host, o->tag, d->name);
	else if (o->switch_state.kind == SWITCH_OFFERED && is_switching(o) && o->src_host != NULL &&
		 o->src_fs != NULL)
		err_remedy(
		    e,
		    "to have it taken: on %s, {zrep -t %s takeover %s}; to have it taken back: "
		    "on %s, {zrep -t %s takeover %s}; then run this again",
		    host, o->tag, d->name, o->src_host, o->tag, o->src_fs);
	else if (o->switch_state.kind == SWITCH_DEMOTING && is_switching(o))
		err_remedy(
		    e,
		    "on %s, {zrep -t %s doctor --fix %s} finishes or undoes that, and where it "
		    "has offered its role, {zrep -t %s takeover %s} takes that back; then run "
		    "this again",
		    host, o->tag, d->name, o->tag, d->name);
	else if (is_switching(o))
		err_remedy(e,
			   "on %s, {zrep -t %s doctor --fix %s} finishes or undoes that; then run "
			   "this again",
			   host, o->tag, d->name);
	else if (o->received && (more = forget(o, d->name)) != NULL)
		err_remedy(e, "if that has no purpose any more: on %s, %s; then run this again",
			   host, more);
	else if (o->role == ROLE_BROKEN)
		err_remedy(e, "on %s, see `{zrep -t %s list -v %s}`", host, o->tag, d->name);
	else if (deed == DEED_SEND)
		led_remedy(e, o, d->name, host);
	else if (deed == DEED_ROLE)
		role_remedy(e, o, d->name, host);
	else if (deed == DEED_BACK)
		back_remedy(e, o, d->name, host);
	else if (deed == DEED_ADOPT || deed == DEED_ASIDE)
		err_remedy(
		    e,
		    "choose another name, or leave it; on %s, `{zrep -t %s list -v %s}` shows "
		    "that pair",
		    host, o->tag, d->name);
	else
		err_remedy(e,
			   "nothing was touched: compare `{zrep list -v %s}` and `{zrep -t %s list "
			   "-v %s}` "
			   "on %s; one of the two pairs has to go to another dataset",
			   d->name, o->tag, d->name, host);
	free(more);
	return e;
}

static struct err *too_many(const struct dataset *d, const char *host, enum deed deed)
{
	struct err *e = err_remedy(
	    err_refuse(REASON_OTHER_TAG,
		       "%s on %s %s: more tags are set on it than zrep can look at", d->name, host,
		       cannot[deed]),
	    "on %s, {zfs get -s local,received all %s} shows them; {zfs inherit TAG:PROPERTY "
	    "%s} takes away what is left over",
	    host, d->name, d->name);

	return e;
}

/* What cannot be done to a dataset of the pair, and what the other tag says. */
static struct err *refusal(const struct pair *pair, const struct dataset *d, const char *host,
			   const struct other_tag *o, enum deed deed)
{
	char *says = what_it_says(o);
	struct err *e = err_refuse(REASON_OTHER_TAG, "%s on %s %s under tag %s: %s", d->name, host,
				   cannot[deed], pair->tag, says);

	free(says);
	return e;
}

struct err *tags_check_dataset(const struct pair *pair, enum pair_side at, const struct dataset *d,
			       enum deed deed)
{
	const char *host = pair_end(pair, at)->host_name;

	if (d == NULL)
		return NULL;
	if (d->others_more)
		return too_many(d, host, deed);
	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		if (!forbids(pair, at, d, o, deed))
			continue;
		struct err *e = refusal(pair, d, host, o, deed);
		if (cascade_remedy(e, pair, at, o, deed, d))
			return e;
		return with_remedy(e, o, deed, d, host);
	}
	return NULL;
}

struct err *tags_check_led(const struct pair *pair, enum pair_side at)
{
	const struct dataset *d = pair_end(pair, at)->d;
	const char *host = pair_end(pair, at)->host_name;

	for (size_t i = 0; d != NULL && i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		if (o->led == REASON_NONE || o->role != ROLE_MASTER)
			continue;
		struct err *e = refusal(pair, d, host, o, DEED_ROLE);
		led_remedy(e, o, d->name, host);
		return e;
	}
	return NULL;
}

struct err *tags_check(const struct pair *pair, enum pair_side at, enum deed deed)
{
	const struct endpoint *me = pair_end(pair, at);
	struct err *e = tags_check_dataset(pair, at, me->d, deed);

	/* On its way back, it is what keeps the newer data. */
	return e != NULL ? e : tags_check_dataset(pair, at, me->preserved, deed);
}

bool tags_changing(const struct dataset *d)
{
	for (size_t i = 0; i < d->n_others; i++)
		if (d->others[i].switch_state.kind != SWITCH_NONE &&
		    d->others[i].switch_state.kind != SWITCH_UNKNOWN)
			return true;
	return false;
}

/* Does it have its readonly from what is above `top`, or from that? */
static bool inherits(const struct side *below, const struct dataset *d, const struct dataset *top)
{
	for (size_t i = 0; i < below->n; i++) {
		const struct dataset *up = &below->datasets[i];
		if (up->readonly_own && strcmp(up->name, top->name) != 0 &&
		    name_within(up->name, top->name) && name_within(d->name, up->name))
			return false;
	}
	return true;
}

static bool is_along(const struct endpoint *me, const char *name)
{
	for (size_t i = 0; me->along != NULL && i < me->along->n; i++)
		if (strcmp(me->along->items[i], name) == 0)
			return true;
	return false;
}

/* Under another tag than this pair's; NULL: none. */
static const struct other_tag *other_leads(const struct dataset *d)
{
	for (size_t i = 0; i < d->n_others; i++)
		if (d->others[i].master || d->others[i].role == ROLE_MASTER)
			return &d->others[i];
	return NULL;
}

/* Was it renamed, and can it have the name of its pair again? */
static bool has_free_name(const struct endpoint *me, const struct dataset *d)
{
	return d->role == ROLE_BROKEN && d->src_fs != NULL && name_within(d->src_fs, me->d->name) &&
	       plan_can_be_renamed(d->name, d->src_fs) && side_find(me->below, d->src_fs) == NULL;
}

/* Of `d`, which would become read-only with the end of the pair and leads under `o`. */
static struct err *would_follow(const struct pair *pair, const struct endpoint *me,
				const struct dataset *d, const struct other_tag *o, bool own)
{
	char *says = what_it_says(o);
	struct err *e =
	    err_refuse(REASON_OTHER_TAG,
		       "%s on %s %s under tag %s: %s below it would become so as well, and %s",
		       me->d->name, me->host_name, cannot[DEED_READONLY], pair->tag, d->name, says);

	free(says);
	/* Under its own name it moves along. */
	if (own && d->role == ROLE_BROKEN && me->side == PAIR_SRC && me->d->recursive &&
	    me->d->role == ROLE_MASTER && d->src_fs != NULL &&
	    name_within(d->src_fs, me->d->name) && !plan_is_taken_out(me->below, d))
		return err_remedy(
		    e,
		    "it was renamed, and moves along when its replica was as well: on "
		    "%s, {zrep sync %s}, then run this again",
		    me->host_name, me->d->name);
	if (own && has_free_name(me, d))
		return err_remedy(e,
				  "it was renamed, and moves along under the name that its pair "
				  "has: on %s, {zfs rename %s %s}, then run this again",
				  me->host_name, d->name, d->src_fs);
	/* Two that exchanged their names: one makes room, and then it is as above. Left writable it would be a second master. */
	const struct dataset *in_place = own && d->role == ROLE_BROKEN && d->src_fs != NULL &&
						 name_within(d->src_fs, me->d->name) &&
						 strcmp(d->src_fs, d->name) != 0
					     ? side_find(me->below, d->src_fs)
					     : NULL;
	if (in_place != NULL && has_free_name(me, in_place))
		return err_remedy(
		    e,
		    "it was renamed, and so was what has the name that its pair has: on "
		    "%s, {zfs rename %s %s}, then run this again",
		    me->host_name, in_place->name, in_place->src_fs);
	if (in_place != NULL) {
		char *room = name_make_room(d->name);
		err_remedy(
		    e,
		    "it was renamed, and another has the name %s that its pair has: on %s, %s "
		    "makes room; then run this again, which says what comes next",
		    d->src_fs, me->host_name, room);
		free(room);
		return e;
	}
	return err_remedy(
	    e,
	    "%sgive that a readonly of its own: on %s, {zfs set readonly=off %s}; then run this "
	    "again",
	    own ? "if it is to move as well, name it too; else " : "", me->host_name, d->name);
}

struct err *tags_check_below(const struct pair *pair, enum pair_side at)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *top = me->d;
	struct err *e = NULL;

	if (top == NULL || top->readonly || me->below == NULL)
		return NULL;
	for (size_t i = 0; i < me->below->n && e == NULL; i++) {
		const struct dataset *d = &me->below->datasets[i];
		if (strcmp(d->name, top->name) == 0 || !name_within(d->name, top->name) ||
		    d->readonly || !inherits(me->below, d, top))
			continue;
		const struct other_tag mine = {.tag = (char *)(uintptr_t)pair->tag,
					       .role = ROLE_MASTER,
					       .dest_host = d->dest_host,
					       .dest_fs = d->dest_fs},
				       *o = other_leads(d);
		bool own = o == NULL && d->master && !is_along(me, d->name);
		if (o == NULL && d->others_more)
			e = too_many(d, me->host_name, DEED_READONLY);
		else if (o != NULL || own)
			e = would_follow(pair, me, d, own ? &mine : o, own);
	}
	return e;
}

/* Does all of the tree come from there? */
static bool comes_with(const struct dataset *top, const struct dataset *d,
		       const struct other_tag *o)
{
	const char *rest = d->name + strlen(top->name);

	for (size_t i = 0; i < top->n_others; i++) {
		const struct other_tag *t = &top->others[i];
		if (t->role == ROLE_REPLICA && strcmp(t->tag, o->tag) == 0 && t->src_host != NULL &&
		    t->src_fs != NULL && o->src_host != NULL && o->src_fs != NULL &&
		    name_is_rest(t->src_host, t->src_fs, o->src_host, o->src_fs, rest))
			return true;
	}
	return false;
}

struct err *tags_check_new(const struct pair *pair, const struct dataset *top)
{
	const struct dataset *d = pair->src.d;

	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		if (o->role != ROLE_REPLICA || o->received || comes_with(top, d, o))
			continue;
		return err_remedy(
		    err_refuse(
			REASON_OTHER_TAG,
			"%s on %s is the replica of %s on %s under tag %s: once the next sync "
			"has made it a part of the tree, the role of that cannot move",
			d->name, pair->src.host_name, o->src_fs, o->src_host, o->tag),
		    "to keep it out, on %s: {zfs set %s:exclude=yes %s}", pair->src.host_name,
		    pair->tag, d->name);
	}
	return NULL;
}

bool tags_refuse(const struct pair *pair, enum pair_side at, enum deed deed, struct plan *out)
{
	struct err *e = tags_check(pair, at, deed);

	if (e != NULL)
		plan_refuse(out, e);
	return e != NULL;
}
