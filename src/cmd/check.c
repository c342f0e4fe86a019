/* check: for monitoring. Looks at both sides, locks nothing, changes nothing; one line and an exit status
 * as monitoring plugins have them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work.h"
#include "util/mem.h"
#include "util/num.h"

/* Looks at most, as long as what is found changes from one to the next. */
#define LOOKS 8
#define LOOK_MILLISECONDS 300

/* Datasets that the one line tells about. */
#define TOLD 3

struct check {
	struct ctx *c;
	uint64_t max_lag;
	struct work w;
	/* By job. */
	struct health *healths;
	bool *judged; /* another look would not tell better */
};

static const char *const words[] = {
    [CHECK_OK] = "ok",
    [CHECK_WARNING] = "warning",
    [CHECK_CRITICAL] = "critical",
    [CHECK_UNKNOWN] = "unknown",
};
static const char *const headings[] = {
    [CHECK_OK] = "OK",
    [CHECK_WARNING] = "WARNING",
    [CHECK_CRITICAL] = "CRITICAL",
    [CHECK_UNKNOWN] = "UNKNOWN",
};

/* --- which datasets --- */

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* A copy of a dataset of zrep's, as a backup makes them, takes no part. */
static bool is_copy(const struct ctx *c, const struct dataset *d)
{
	return d->role == ROLE_BROKEN && !d->master &&
	       !(same(d->src_fs, d->name) && d->src_host != NULL &&
		 name_same_host(d->src_host, c->self));
}

/* Both sides on this host are one pair, and its master speaks for it. */
static bool is_other_half(const struct side *side, const struct dataset *d)
{
	const struct dataset *m = d->role == ROLE_REPLICA ? side_find(side, d->src_fs) : NULL;

	return m != NULL && m->role == ROLE_MASTER && same(m->src_host, d->src_host) &&
	       same(m->dest_host, d->dest_host) && same(m->dest_fs, d->name);
}

static bool has(const struct strv *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

static struct err *all_names(struct ctx *c, struct strv *names)
{
	struct side side;
	struct err *e = ctx_list(c, c->local, NULL, 0, &side);

	if (e != NULL)
		return e;
	for (size_t i = 0; i < side.n; i++) {
		const struct dataset *d = &side.datasets[i];
		char *name = dataset_name_before(d);
		if (d->change.kind != CHANGE_BACK && (is_copy(c, d) || is_other_half(&side, d))) {
			free(name);
			continue;
		}
		if (!has(names, name))
			strv_add(names, name);
		free(name);
	}
	side_free(&side);
	return names->n > 0
		   ? NULL
		   : err_new(ERR_FAILED, "no dataset on %s is zrep's (tag %s)", c->self, c->tag);
}

/* --- looking --- */

/* Somebody at work is no finding. */
static void forgive_busy(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL && j->error->kind == ERR_BUSY) {
			err_free(j->error);
			j->error = NULL;
		}
	}
}

/* Is this host's side the one that would be promoted? */
static bool is_replica(const struct job *j)
{
	if (j->near != NULL)
		return j->near->role == ROLE_REPLICA;
	return !j->near_aside->master;
}

/* Everything that was read from the host of the side that would be promoted. */
static size_t list_there(const struct work *w, const struct job *j, const struct dataset **out)
{
	const struct host *there = j->pull ? w->c->local : j->host;
	size_t n = 0;

	for (size_t i = 0; i < w->n && there != NULL; i++) {
		const struct job *k = &w->jobs[i];
		if (there == w->c->local && k->near != NULL)
			out[n++] = k->near;
		if (there == k->host && k->far != NULL)
			out[n++] = k->far;
	}
	return n;
}

/* Of one dataset: the first of the worst. */
static const struct finding *worst_finding(const struct health *h)
{
	size_t i = 0;

	while (h->findings[i].level != health_level(h))
		i++;
	return &h->findings[i];
}

static struct health health_of(struct check *k, struct job *j)
{
	struct work *w = &k->w;
	struct health h = {0};

	if (j->error != NULL) {
		health_add(&h, CHECK_UNKNOWN, j->error);
		return h;
	}
	const struct dataset **there = mem_zalloc((2 * w->n + 1) * sizeof(*there));
	struct check_opts opts = {.max_lag = k->max_lag,
				  .far = j->away,
				  .there = there,
				  .n_there = list_there(w, j, there)};
	struct pair pair = work_pair(w, j);
	plan_check_health(&pair, &opts, &h);
	free(there);
	return h;
}

/* A sync that runs between the look at one side and that at the other makes a whole pair look broken: what
 * is found must be found twice. False if something was not. */
static bool judge(struct check *k)
{
	bool all = true;

	for (size_t i = 0; i < k->w.n; i++) {
		if (k->judged[i])
			continue;
		struct health *old = &k->healths[i], h = health_of(k, &k->w.jobs[i]);
		k->judged[i] =
		    !h.look_again ||
		    (old->n > 0 && strcmp(worst_finding(old)->text, worst_finding(&h)->text) == 0);
		health_free(old);
		*old = h;
		all = all && k->judged[i];
	}
	return all;
}

static void look(struct check *k)
{
	struct work *w = &k->w;

	forgive_busy(w);
	for (size_t i = 0; i < w->n; i++)
		w->jobs[i].pull = w->jobs[i].error == NULL && is_replica(&w->jobs[i]);
	w->patient = true;
	work_reach(w, true);
	forgive_busy(w);
	k->healths = mem_zalloc((w->n + 1) * sizeof(*k->healths));
	k->judged = mem_zalloc((w->n + 1) * sizeof(*k->judged));
	for (int n = 1; !judge(k) && n < LOOKS && !cancelled(k->c->cancel); n++) {
		nanosleep(&(struct timespec){.tv_nsec = LOOK_MILLISECONDS * 1000000L}, NULL);
		work_look(w, 0);
		forgive_busy(w);
	}
}

/* --- telling --- */

static enum check_level worst_of(const struct check *k)
{
	enum check_level worst = CHECK_OK;

	for (size_t i = 0; i < k->w.n; i++)
		worst = check_worse(worst, health_level(&k->healths[i]));
	return worst;
}

/* "text (remedy)" */
static void add_finding(struct buf *to, const struct finding *f)
{
	buf_addf(to, "%s", f->text);
	if (f->remedy != NULL)
		buf_addf(to, " (%s)", f->remedy);
}

/* The worst of the datasets that are not well. */
static void tell_worst(const struct check *k, struct buf *to)
{
	static const enum check_level order[] = {CHECK_CRITICAL, CHECK_UNKNOWN, CHECK_WARNING};
	size_t all = 0;

	for (size_t o = 0; o < ARRAY_LEN(order); o++)
		for (size_t i = 0; i < k->w.n; i++) {
			if (health_level(&k->healths[i]) != order[o] || ++all > TOLD)
				continue;
			buf_addf(to, "%s%s: ", all > 1 ? "; " : "", k->w.jobs[i].name);
			add_finding(to, worst_finding(&k->healths[i]));
		}
	if (all > TOLD)
		buf_addf(to, "; and %zu more", all - TOLD);
}

/* Of all datasets: the longest lag, and the sum of what is not sent. */
static struct health sum_of(const struct check *k)
{
	struct health s = {0};

	for (size_t i = 0; i < k->w.n; i++) {
		const struct health *h = &k->healths[i];
		if (h->lag_known && h->lag > s.lag)
			s.lag = h->lag;
		s.lag_known = s.lag_known || h->lag_known;
		if (__builtin_add_overflow(s.unsent, h->unsent, &s.unsent))
			s.unsent = UINT64_MAX;
		s.unsent_known = s.unsent_known || h->unsent_known;
	}
	return s;
}

/* '|' begins the numbers. */
static void print_line(enum check_level level, struct buf *text, const char *numbers)
{
	str_clean(text->data);
	for (char *p = text->data; (p = strchr(p, '|')) != NULL;)
		*p = '/';
	printf("ZREP %s - %s%s%s\n", headings[level], text->data, *numbers ? " | " : "", numbers);
}

static void print_text(const struct check *k, enum check_level level)
{
	struct health s = sum_of(k);
	struct buf text = {0}, numbers = {0};
	char lag[NUM_TEXT], bytes[NUM_TEXT];

	if (level == CHECK_OK) {
		buf_addf(&text, "%zu dataset%s, worst lag %s", k->w.n, k->w.n == 1 ? "" : "s",
			 num_seconds(lag, s.lag));
		if (s.unsent_known)
			buf_addf(&text, ", %s not sent", num_bytes(bytes, s.unsent));
	} else {
		tell_worst(k, &text);
	}
	if (s.lag_known)
		buf_addf(&numbers, "lag=%" PRIu64 "s", s.lag);
	if (s.lag_known && k->max_lag != 0)
		buf_addf(&numbers, ";;%" PRIu64, k->max_lag);
	if (s.unsent_known)
		buf_addf(&numbers, "%sunsent=%" PRIu64 "B", s.lag_known ? " " : "", s.unsent);
	print_line(level, &text, buf_str(&numbers));
	buf_free(&text);
	buf_free(&numbers);
}

static void print_findings(const struct check *k)
{
	for (size_t i = 0; i < k->w.n; i++)
		for (size_t f = 0; f < k->healths[i].n; f++) {
			const struct finding *one = &k->healths[i].findings[f];
			struct buf text = {0};
			buf_addf(&text, "%s: %s: ", k->w.jobs[i].name, words[one->level]);
			add_finding(&text, one);
			printf("%s\n", str_clean(text.data));
			buf_free(&text);
		}
}

static void add_clean(nvlist_t *to, const char *key, const char *text)
{
	char *clean = str_clean(mem_strdup(text));

	nv_add_str(to, key, clean);
	free(clean);
}

static void add_findings(nvlist_t *to, const struct health *h)
{
	nvlist_t **list = mem_zalloc((h->n + 1) * sizeof(*list));

	for (size_t i = 0; i < h->n; i++) {
		list[i] = nv_new();
		nv_add_str(list[i], "level", words[h->findings[i].level]);
		add_clean(list[i], "text", h->findings[i].text);
		if (h->findings[i].remedy != NULL)
			add_clean(list[i], "remedy", h->findings[i].remedy);
	}
	/* void: 2.1 declares it without const, later ones with. */
	if (nvlist_add_nvlist_array(to, "findings", (void *)list, (uint_t)h->n) != 0)
		mem_exhausted();
	for (size_t i = 0; i < h->n; i++)
		nv_free(list[i]);
	free(list);
}

static void print_as_json(const struct check *k)
{
	nvlist_t *all = nv_new();

	for (size_t i = 0; i < k->w.n; i++) {
		const struct health *h = &k->healths[i];
		char *name = str_clean(mem_strdup(k->w.jobs[i].name));
		nvlist_t *one = nv_new();
		nv_add_str(one, "state", words[health_level(h)]);
		if (h->lag_known)
			nv_add_u64(one, "lag", h->lag);
		if (h->unsent_known)
			nv_add_u64(one, "unsent_bytes", h->unsent);
		add_findings(one, h);
		nv_add_nv(all, name, one);
		nv_free(one);
		free(name);
	}
	print_json(all);
	nv_free(all);
}

static int tell(const struct check *k)
{
	enum check_level level = worst_of(k);

	if (k->c->json) {
		print_as_json(k);
	} else {
		print_text(k, level);
		if (k->c->verbose)
			print_findings(k);
	}
	return (int)level;
}

/* Nothing could be looked at at all. Takes e over. */
static int tell_unknown(struct ctx *c, struct err *e)
{
	struct buf text = {0};

	if (c->json) {
		report(c, e);
		return CHECK_UNKNOWN;
	}
	buf_addf(&text, "%s", e->what);
	if (e->remedy != NULL)
		buf_addf(&text, " (%s)", e->remedy);
	print_line(CHECK_UNKNOWN, &text, "");
	buf_free(&text);
	err_free(e);
	return CHECK_UNKNOWN;
}

int cmd_check(struct ctx *c)
{
	struct check k = {.c = c};
	struct strv names = {0};
	struct err *e = NULL;

	c->dry_run = true; /* so that nothing is locked */
	if (c->max_lag != NULL && (!num_parse_seconds(c->max_lag, &k.max_lag) || k.max_lag == 0))
		e = err_new(ERR_USAGE,
			    "--max-lag wants a time such as 90s, 5m, 2h or 1d, not \"%.40s\"",
			    c->max_lag);
	if (e == NULL && c->args.n == 0)
		e = all_names(c, &names);
	if (e == NULL)
		e = work_open(c, c->args.n > 0 ? &c->args : &names, NULL, NULL, 0, &k.w);
	if (e == NULL)
		look(&k);
	int status = e != NULL ? tell_unknown(c, e) : tell(&k);
	for (size_t i = 0; k.healths != NULL && i < k.w.n; i++)
		health_free(&k.healths[i]);
	free(k.healths);
	free(k.judged);
	work_free(&k.w);
	strv_free(&names);
	return status;
}
