#include "plan/health/settings.h"

#include <stdlib.h>
#include <string.h>

#include "plan/follow.h"
#include "plan/health/diagnosis.h"
#include "plan/health/finding.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

void health_tell_denied(struct health *h, enum check_level level, const struct dataset *d,
			const char *host)
{
	struct err *found[] = {plan_not_allowed(d, host), plan_snapshots_full(d, host)};

	for (size_t i = 0; i < ARRAY_LEN(found); i++) {
		if (found[i] != NULL)
			health_add(h, level, found[i]);
		err_free(found[i]);
	}
}

void health_tell_settings(struct health *h, const struct dataset *d, const char *host,
			  const char *tag)
{
	if (d->role != ROLE_MASTER && d->role != ROLE_REPLICA)
		return;
	if (d->rpo_bad)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s on %s: rpo \"%.100s\" cannot be read, so nobody is told "
			    "when its replica is too old",
			    d->name, host, d->rpo_text),
		    remedy_fmt("on %s, a time as 90s, 15m, 2h or 1d: {zfs set %s:rpo=15m %s}", host,
			       tag, d->name));
	if (d->quotas_bad)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s on %s: quotas \"%.100s\" is neither yes nor no, and "
			    "counts as yes",
			    d->name, host, d->quotas_text),
		    remedy_fmt("on %s: {zfs set %s:quotas=yes %s}; or, if each side is to "
			       "have its own: {zfs set %s:quotas=no %s}",
			       host, tag, d->name, tag, d->name));
	if (d->props_bad)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt(
			"%s on %s: %s:props cannot be read, so the replica does not get what is "
			"changed on its master",
			d->name, host, tag),
		    remedy_fmt(
			"see `{zrep list -v %s}` on both sides, and set it on %s as it is on the "
			"other one",
			d->name, host));
}

static void tell_expiry(struct health *h, const struct dataset *d, const char *host,
			const char *tag)
{
	if (d->savecount_bad)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s on %s: savecount \"%.80s\" is no number above 0, so nothing is "
			    "expired there",
			    d->name, host, d->savecount_text),
		    remedy_fmt("on %s, {zfs set %s:savecount=%u %s}", host, tag, SAVECOUNT_DEFAULT,
			       d->name));
	if (d->keep_bad)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s on %s: keep \"%.80s\" cannot be read, so nothing is expired there",
			    d->name, host, d->keep_text),
		    remedy_fmt("zrep(8) says how it is written; without it the savecount counts: "
			       "on %s, {zfs inherit %s:keep %s}",
			       host, tag, d->name));
	if (d->foreign_bad != NULL)
		health_add_text(h, CHECK_WARNING,
				str_fmt("%s on %s: %.120s cannot be read%s", d->name, host,
					d->foreign_bad,
					strncmp(d->foreign_bad, "foreign-keep", 12) == 0
					    ? ", so nothing is expired there"
					    : ", so all snapshots are sent"),
				remedy_fmt("zrep(8) says how it is written; without it: on %s, "
					   "{zfs inherit %s:%.*s %s}",
					   host, tag, (int)strcspn(d->foreign_bad, " "),
					   d->foreign_bad, d->name));
}

/* One that cannot be read counts as 0: nobody could tell any more which of two masters is the newer one. */
static void tell_epoch(struct health *h, const struct dataset *d, const char *host, const char *tag)
{
	char *key = str_fmt("%s:epoch", tag);
	const char *text = nv_str(d->own, key);
	uint64_t n;

	if (text != NULL && !num_parse_u64(text, &n))
		health_add_text(
		    h, CHECK_CRITICAL,
		    str_fmt("%s on %s: %s \"%.80s\" is no number, and counts as 0", d->name, host,
			    key, text),
		    remedy_fmt("compare `{zrep list -v}` on both sides, then set it as it is on "
			       "the other one: on %s, {zfs set %s=NUMBER %s}",
			       host, key, d->name));
	free(key);
}

void health_tell_unread(struct health *h, const struct dataset *d, const char *host,
			const char *tag)
{
	if (d->role != ROLE_MASTER && d->role != ROLE_REPLICA)
		return;
	tell_expiry(h, d, host, tag);
	tell_epoch(h, d, host, tag);
}

/* "compression=off, not zstd" for each; `of` has the other side's values. */
static char *name_differences(const struct pair *p, const nvlist_t *set)
{
	struct buf out = {0};
	char *sorted = props_print(set);
	nvlist_t *props = props_parse(sorted);

	buf_add(&out, "", 0);
	for (const char *at = sorted; props != NULL && *at != '\0';) {
		size_t n = strcspn(at, ",");
		char *prop =
		    str_fmt("%.*s", (int)strcspn(at + (*at == '-'), "=,"), at + (*at == '-'));
		const char *here = dataset_setting(p->src.d, prop, NULL),
			   *there = dataset_setting(p->dst.d, prop, NULL);
		if (here != NULL && there != NULL && strcmp(here, there) == 0)
			buf_addf(&out, "%s%s=%s, which would not stay so", out.len > 0 ? "; " : "",
				 prop, there);
		else
			buf_addf(&out, "%s%s=%s, not %s", out.len > 0 ? "; " : "", prop,
				 there != NULL ? there : "?", here != NULL ? here : "?");
		free(prop);
		at += n + (at[n] == ',');
	}
	nv_free(props);
	free(sorted);
	return str_clean(out.data);
}

static void find_other(const struct pair *p, const struct follow *f, struct health *h)
{
	if (nv_empty(f->set))
		return;
	char *what = name_differences(p, f->set);
	bool failed = follow_has_failed(p, f);
	health_add_text(h, failed ? CHECK_WARNING : CHECK_OK,
			str_fmt("%s on %s has other properties than %s on %s%s: %s", p->dst.d->name,
				p->dst.host_name, p->src.d->name, p->src.host_name,
				failed ? ", although a sync was to set them" : "", what),
			remedy_fmt("the next `{zrep sync %s}` on %s sets them%s", p->src.d->name,
				   p->src.host_name, failed ? ", or says why it cannot" : ""));
	free(what);
}

static void find_barred(const struct pair *p, const struct follow *f, struct health *h)
{
	if (nv_empty(f->barred))
		return;
	const char *there = p->dst.d->name, *here = p->src.d->name;
	char *what = name_differences(p, f->barred);
	struct buf set = {0}, leave = {0};
	nv_each(f->barred, n) {
		buf_tell(&set, "{ %s=%s}", nvpair_name(n), nv_str(f->barred, nvpair_name(n)));
		buf_tell(&leave, "{ -x %s}", nvpair_name(n));
	}
	health_add_text(
	    h, CHECK_WARNING,
	    str_fmt("%s on %s has restrictions from what is above it that %s on %s does not have, "
		    "and zrep does not lift them: %s",
		    p->dst.d->name, p->dst.host_name, p->src.d->name, p->src.host_name, what),
	    remedy_fmt(
		"on %s: {zfs set}%s{ %s}; or, if it is to stay so, on %s: {zrep init}%s{ %s %s %s}",
		p->dst.host_name, buf_str(&set), there, p->src.host_name, buf_str(&leave), here,
		p->src.d->dest_host, there));
	buf_free(&set);
	buf_free(&leave);
	free(what);
}

/* Of the note on it, what no limit can be: somebody else has written that. NULL: nothing. */
static nvpair_t *no_limit(const struct dataset *d)
{
	uint64_t n;

	if (d->limits == NULL)
		return NULL;
	nv_each(d->limits, p) {
		const char *value = nv_str(d->limits, nvpair_name(p));
		if (value == NULL || (strcmp(value, "none") != 0 && !num_parse_u64(value, &n)))
			return p;
	}
	return NULL;
}

static void find_limits(const struct pair *p, const struct follow *f, struct health *h)
{
	nvpair_t *odd = no_limit(p->dst.d);
	if (odd != NULL)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s on %s has a note that it is to have %s=%s as the master, which "
			    "ZFS does not take",
			    p->dst.d->name, p->dst.host_name, nvpair_name(odd),
			    nv_str(p->dst.d->limits, nvpair_name(odd))),
		    remedy_fmt("the next `{zrep sync %s}` on %s notes what it is to have",
			       p->src.d->name, p->src.host_name));
	char *text = props_print(f->limits), *own = props_print(f->lift);

	if (!nv_empty(f->lift))
		health_add_text(h, CHECK_OK,
				str_fmt("the replica %s on %s has limits of its own: %s",
					p->dst.d->name, p->dst.host_name, own),
				remedy_fmt("the next `{zrep sync %s}` on %s lifts them",
					   p->src.d->name, p->src.host_name));
	if (f->note)
		health_add_text(h, CHECK_OK,
				str_fmt("%s on %s does not know yet which limits it is to have as "
					"the master: %s",
					p->dst.d->name, p->dst.host_name,
					*text != '\0' ? text : "none"),
				remedy_fmt("the next `{zrep sync %s}` on %s notes it",
					   p->src.d->name, p->src.host_name));
	free(own);
	free(text);
}

/* What the next sync brings: a change of the role begins with one. */
static uint64_t coming(const struct pair *p)
{
	const struct snap *base = dataset_ground(p->src.d, p->dst.d);

	return base != NULL ? dataset_written_after(p->src.d, base) : 0;
}

/* Of a limit that it is to have as the master: is it below that? */
static bool is_below(const struct follow *f, const char *prop, uint64_t bytes, uint64_t *limit)
{
	const char *text = nv_str(f->limits, prop);

	return text != NULL && num_parse_u64(text, limit) && *limit < bytes;
}

/* ZFS refuses a limit below what is in use by then. */
static void find_tight(const struct pair *p, const struct follow *f, const char *prop,
		       uint64_t used, uint64_t more, struct health *h)
{
	char most[NUM_TEXT], have[NUM_TEXT];
	uint64_t limit;

	if (!is_below(f, prop, used + more, &limit))
		return;
	health_add_text(
	    h, CHECK_WARNING,
	    str_fmt("as the master %s on %s could not have a %s of %s, because it takes %s there%s",
		    p->dst.d->name, p->dst.host_name, prop, num_bytes(most, limit),
		    num_bytes(have, used + more),
		    limit >= used ? " with what is not sent yet" : ""),
	    str_fmt("raise it on %s, or let fewer snapshots stay on %s", p->src.host_name,
		    p->dst.host_name));
}

void health_tell_tree_quota(struct health *h, const struct pair *top, uint64_t below)
{
	struct follow f;
	uint64_t limit;

	if (!follow_compare(top, &f))
		return;
	if (!is_below(&f, "quota", top->dst.d->used + coming(top),
		      &limit)) /* else it was told already */
		find_tight(top, &f, "quota", top->dst.d->used, coming(top) + below, h);
	follow_free(&f);
}

/* What is to be kept free for it: `has` of that it takes already by then. */
static void find_unreserved(const struct pair *p, const struct follow *f, const char *prop,
			    uint64_t has, uint64_t *reserves, struct health *h)
{
	const char *text = nv_str(f->limits, prop);
	char all[NUM_TEXT], left[NUM_TEXT];
	uint64_t limit, free = h->room > h->unsent ? h->room - h->unsent : 0;

	if (text == NULL || !num_parse_u64(text, &limit) || limit <= has)
		return;
	if (limit - has <= free) {
		*reserves = limit - has;
		return;
	}
	health_add_text(
	    h, CHECK_WARNING,
	    str_fmt("as the master %s on %s could not have a %s of %s, because there "
		    "is room for %s there",
		    p->dst.d->name, p->dst.host_name, prop, num_bytes(all, limit),
		    num_bytes(left, has + free)),
	    str_fmt("make room on %s, or lower it on %s", p->dst.host_name, p->src.host_name));
}

void health_tell_reserved(struct health *h, const struct pair *p, const struct follow *f)
{
	if (!h->room_known)
		return;
	find_unreserved(p, f, "reservation", p->dst.d->used + coming(p), &h->reserves, h);
	/* What is in a snapshot, as all of it is after a sync, does not count for that. */
	find_unreserved(p, f, "refreservation", 0, &h->ref_reserves, h);
}

bool health_is_bounded(const struct pair *p)
{
	struct follow f;

	if (!follow_compare(p, &f))
		return false;
	bool bounded = follow_lifts_quota(&f);
	follow_free(&f);
	return bounded;
}

void health_tell_differences(struct health *h, const struct pair *p, const struct follow *f)
{
	find_other(p, f, h);
	find_barred(p, f, h);
	find_limits(p, f, h);
	find_tight(p, f, "quota", p->dst.d->used, coming(p), h);
	find_tight(p, f, "refquota", p->dst.d->referenced, 0, h);
}

void doctor_settings(const struct pair *p, struct diagnosis *out)
{
	struct health h = {0};
	struct follow f;

	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(p, at);
		if (me->d != NULL)
			health_tell_settings(&h, me->d, me->host_name, p->tag);
	}
	if (follow_compare(p, &f)) {
		health_tell_differences(&h, p, &f);
		follow_free(&f);
	}
	for (size_t i = 0; i < h.n; i++)
		diagnosis_add(out, h.findings[i].level, "%s", h.findings[i].text)->remedy =
		    h.findings[i].remedy != NULL ? mem_strdup(h.findings[i].remedy) : NULL;
	health_free(&h);
}
