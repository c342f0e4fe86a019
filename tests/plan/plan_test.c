/* Every case is one file: a picture, "---", and the plan that is to be made of it. This prints the
 * plan anew and compares; with --update it writes what came out into the file instead, to be read and
 * believed (or not) in the diff. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture_file.h"
#include "plan/guids.h"
#include "plan/health/check.h"
#include "plan/health/diagnosis.h"
#include "plan/health/doctor.h"
#include "plan/health/finding.h"
#include "plan/health/status.h"
#include "plan/plan.h"
#include "plan/retention/expire.h"
#include "plan/retention/give_up.h"
#include "plan/role/better.h"
#include "plan/role/cancel.h"
#include "plan/role/forced.h"
#include "plan/role/offer.h"
#include "plan/role/recover.h"
#include "plan/role/rejoin.h"
#include "plan/role/revert.h"
#include "plan/role/switchover.h"
#include "plan/setup/adopt.h"
#include "plan/setup/clear.h"
#include "plan/setup/init.h"
#include "plan/setup/pause.h"
#include "plan/setup/relocate.h"
#include "plan/rewind.h"
#include "plan/snapshot.h"
#include "plan/sync.h"
#include "plan/tree/members.h"
#include "plan/tree/tree.h"
#include "plan/validate.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"

static char *read_file(const char *path)
{
	struct buf b = {0};
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	buf_add(&b, "", 0);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return b.data;
}

static void print_plan(struct story *s, struct plan *p, struct buf *out)
{
	struct plan_names names = {s->src_host, s->dst_host};
	struct buf raw = {0};

	plan_print(p, &names, &raw);
	char *text = story_with_words(s, raw.data);
	buf_addf(out, "%s", text);
	if (p->refusal == NULL && p->base != NULL)
		buf_addf(out, "  base: @%s%s\n", p->base, p->unchanged ? ", unchanged" : "");
	else if (p->refusal == NULL && p->unchanged)
		buf_addf(out, "  unchanged\n");
	if (p->again)
		buf_addf(out, "  then look again\n");
	free(text);
	buf_free(&raw);
	plan_free(p);
}

/* Stands in front of what no plan may do; no case is right that has it. */
#define INVALID "  INVALID: "

static void print(struct story *s, struct plan *p, struct buf *out)
{
	plan_guids(p, &s->pair, &s->src, &s->dst);
	struct err *invalid = plan_validate(&s->pair, p);

	if (invalid != NULL)
		buf_addf(out, INVALID "%s\n", invalid->what);
	err_free(invalid);
	print_plan(s, p, out);
}

/* --- changes of the role --- */

static void make_settle(struct story *s, struct plan *p, struct buf *out)
{
	plan_recover(&s->pair, p);
	if (!plan_needs_recovery(&s->pair))
		buf_addf(out, "  settled\n");
}

static void make_check_change(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_check_switchover(&s->pair, p);
}

static void make_leave(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_demote(&s->pair, p);
}

/* This run has stored that it makes way for epoch 2. */
static void make_promised(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_check_promise(&s->pair, 2, p);
}

/* Nothing newer was there when it was told what goes. */
static void make_loss(struct story *s, struct plan *p, struct buf *out)
{
	struct revert_risk told = {0};

	(void)out;
	plan_check_loss(&s->pair, &s->back, &told, p);
}

static void make_decide(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_promote(&s->pair, s->predict, p);
}

static void make_offer(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_offer(&s->pair, s->predict, p);
}

static void make_rest(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_rest(&s->pair, s->predict, p);
}

static void make_seize_prepare(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_force_promote_prepare(&s->pair, &s->back, p);
}

static void make_seize(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_force_promote(&s->pair, &s->back, p);
}

static void make_drop(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	s->at = PAIR_SRC;
	plan_force_demote(&s->pair, &s->back, p);
}

static void make_back(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_revert_to(&s->pair, s->at, &s->back, p);
}

static void make_stay(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_cancel_switch(&s->pair, s->at, p);
}

static void make_rejoin(struct story *s, struct plan *p, struct buf *out)
{
	struct revert_risk risk = {0};

	plan_come_over(&s->pair, &s->back, p);
	if (p->n > 0 || p->refusal != NULL)
		return;
	plan_rejoin(&s->pair, &s->back, &risk, p);
	if (risk.to != NULL)
		buf_addf(out, "  at risk: %zu snapshots and %" PRIu64 " bytes after @%s\n",
			 risk.snaps, risk.bytes, risk.to->name);
}

static void make_pause(struct story *s, struct plan *p, struct buf *out)
{
	(void)out;
	plan_pause(&s->pair, strcmp(s->verb, "pause") == 0, p);
}

static void make_changeconfig(struct story *s, struct plan *p, struct buf *out)
{
	struct relocate_opts o = {.force = s->sync.force,
				  .replica = s->as_replica,
				  .host = s->dst_host,
				  .fs = s->dst_fs,
				  .same_host = strcmp(s->src_host, s->dst_host) == 0,
				  .savecount = SAVECOUNT_DEFAULT};

	(void)out;
	plan_relocate(&s->pair, &o, p);
}

/* What is on the other side is not that of a pair, but another member. */
static void make_led(struct story *s, struct plan *p, struct buf *out)
{
	const struct member m = {
	    .tag = "c", .host = s->dst_host, .fs = s->dst_fs, .d = s->pair.dst.d};
	struct err *e = plan_check_led(&s->pair, PAIR_SRC, &m, 1);

	(void)out;
	if (e != NULL)
		plan_refuse(p, e);
}

static void make_moved(struct story *s, struct plan *p, struct buf *out)
{
	size_t n = s->moved.n;
	struct relocate_move m = {.fs = s->moved.items[n == 2 ? 0 : 1],
				  .new_fs = s->moved.items[n - 1],
				  .host = n > 2 ? s->moved.items[0] : NULL,
				  .new_host = n > 3   ? s->moved.items[2]
					      : n > 2 ? s->moved.items[0]
						      : NULL,
				  .self = s->src_host};

	if (!relocate_concerns(&m, s->pair.src.d))
		buf_addf(out, "  none of those\n");
	else
		plan_relocate_moved(&s->pair, &m, NULL, p);
	if (p->refusal == NULL && p->n > 0)
		relocate_tell(&s->pair, &m, p);
}

enum { SRC = 1, DST = 2 };

static const struct {
	const char *verb;
	void (*make)(struct story *s, struct plan *p, struct buf *out);
	int needs; /* datasets that must be there */
	bool back; /* it sets out on a way back, which can be predicted */
} changes[] = {
    {"settle", make_settle, 0, false},
    {"check-change", make_check_change, 0, false},
    {"leave", make_leave, SRC, false},
    {"promised", make_promised, 0, false},
    {"loss", make_loss, SRC, false},
    {"decide", make_decide, SRC | DST, false},
    {"offer", make_offer, SRC | DST, false},
    {"rest", make_rest, SRC, false},
    {"seize-prepare", make_seize_prepare, DST, false},
    {"seize", make_seize, DST, false},
    {"drop", make_drop, SRC, true},
    {"back", make_back, 0, true},
    {"stay", make_stay, 0, false},
    {"rejoin", make_rejoin, 0, true},
    {"pause", make_pause, SRC, false},
    {"unpause", make_pause, SRC, false},
    {"changeconfig", make_changeconfig, SRC, false},
    {"moved", make_moved, SRC, false},
    {"led", make_led, 0, false},
};

/* False: there is no such verb. */
static bool make_change(struct story *s, struct err **e, struct buf *out)
{
	struct plan p = {0}, then = {0};

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		if (strcmp(s->verb, changes[i].verb) != 0)
			continue;
		int needs = changes[i].needs;
		if (strcmp(s->verb, "back") == 0)
			needs = s->at == PAIR_SRC ? SRC : DST;
		if (((needs & SRC) && s->pair.src.d == NULL) ||
		    ((needs & DST) && s->pair.dst.d == NULL)) {
			*e = err_new(ERR_FAILED, "a dataset is missing");
			return true;
		}
		changes[i].make(s, &p, out);
		if (s->predict && changes[i].back)
			plan_simulate_revert(&s->pair, s->at, &p, &then);
		print(s, &p, out);
		if (s->predict && changes[i].back) /* of a picture that is yet to come */
			print_plan(s, &then, out);
		return true;
	}
	return false;
}

/* --- check --- */

static const char *const levels[] = {"ok", "warning", "critical", "unknown"};

/* Takes what is in h. */
static void print_findings(struct health *h, struct buf *out)
{
	for (size_t i = 0; i < h->n; i++) {
		buf_addf(out, "  %s: %s\n", levels[h->findings[i].level], h->findings[i].text);
		if (h->findings[i].remedy != NULL)
			buf_addf(out, "  remedy: %s\n", h->findings[i].remedy);
	}
	buf_addf(out, "  = %s", levels[health_level(h)]);
	if (h->lag_known)
		buf_addf(out, ", lag %" PRIu64, h->lag);
	if (h->unsent_known)
		buf_addf(out, ", unsent %" PRIu64, h->unsent);
	buf_addf(out, "%s\n", h->look_again ? ", look again" : "");
	health_free(h);
}

static void print_health(struct story *s, struct buf *out)
{
	const struct dataset **there = mem_zalloc((s->dst.n + 1) * sizeof(*there));
	struct check_opts o = {
	    .max_lag = s->max_lag, .peer_away = s->why, .there = there, .n_there = s->dst.n};
	struct health h;

	for (size_t i = 0; i < s->dst.n; i++)
		there[i] = &s->dst.datasets[i];
	plan_check_health(&s->pair, &o, &h);
	print_findings(&h, out);
	free(there);
}

/* --- one side alone --- */

static void print_standing(struct story *s, struct buf *out)
{
	struct status st = plan_status(s->pair.src.d, s->pair.now);
	struct health h;

	st.pool = s->pair.src.pool;

	buf_addf(out, "  %s, last @%s, unsent %" PRIu64 " in %" PRIu64 " snapshots\n",
		 status_word(&st), st.last ? st.last->name : "-", st.bytes, st.snaps);
	plan_status_findings(s->pair.src.d, &st, s->tag, s->max_lag, &h);
	print_findings(&h, out);
}

static void print_uptodate(struct story *s, struct buf *out)
{
	bool yes;
	struct err *e = plan_uptodate(&s->pair, &s->sync, &yes);
	struct plan p = {0};

	if (e != NULL) {
		plan_refuse(&p, e);
		print(s, &p, out);
	} else {
		buf_addf(out, "  %s\n", yes ? "yes" : "no");
	}
}

/* --- trees --- */

/* All of a side but the top itself. */
static const struct dataset **below(const struct side *side, const struct dataset *top, size_t *n)
{
	const struct dataset **all = mem_zalloc((side->n + 1) * sizeof(*all));

	for (size_t i = 0; i < side->n; i++)
		if (&side->datasets[i] != top)
			all[(*n)++] = &side->datasets[i];
	return all;
}

static void print_tree(struct story *s, struct buf *out)
{
	struct tree t = {.top = &s->pair};
	struct children children;
	struct plan p = {0};

	const struct dataset **src = below(&s->src, s->pair.src.d, &t.n_src);
	const struct dataset **dst = below(&s->dst, s->pair.dst.d, &t.n_dst);
	t.src = src;
	t.dst = dst;
	plan_tree(&t, &children, &p);
	for (size_t i = 0; i < children.n; i++) {
		const struct child *k = &children.items[i];
		buf_addf(out, "  %s -> %s%s\n", k->src->name, k->dst_name,
			 k->is_new ? ", fresh" : "");
		if (k->refusal != NULL)
			buf_addf(out, "    refused (%s): %s\n      -> %s\n",
				 err_reason_word(k->refusal->reason), k->refusal->what,
				 k->refusal->remedy);
	}
	print(s, &p, out);
	children_free(&children);
	free(src);
	free(dst);
}

static void make_init(struct story *s, struct plan *p)
{
	char *parent = mem_strdup(s->dst_fs), *slash = strrchr(parent, '/');
	struct init_opts o = {.src_host = s->src_host,
			      .dst_host = s->dst_host,
			      .src_fs = s->src_fs,
			      .dst_fs = s->dst_fs,
			      .same_host = strcmp(s->src_host, s->dst_host) == 0,
			      .snap = s->snap,
			      .force = s->sync.force,
			      .savecount = s->savecount,
			      .wanted = s->child ? NULL : s->wanted,
			      .root_props = s->child ? s->wanted : NULL,
			      .child = s->child,
			      .recursive = s->sync.recursive,
			      .seq = s->sync.seq,
			      .clone_origins = &s->clone_origins,
			      .key_comes = s->key_comes,
			      .origin = s->origin};

	if (s->origin != NULL)
		o.origin_guid = story_guid(strchr(s->origin, '@') + 1);

	if (slash != NULL)
		*slash = '\0';
	o.parent = slash ? side_find(&s->dst, parent) : NULL;
	char *in = name_parent(s->src_fs); /* the source of that, if it comes along */
	o.arriving = s->key_comes && in != NULL ? side_find(&s->src, in) : NULL;
	free(in);
	plan_init(&s->pair, &o, p);
	free(parent);
}

/* --- doctor --- */

static void print_diagnosis(struct story *s, struct buf *out)
{
	static const char *const words[] = {"note", "warning", "serious"};
	struct diagnosis d;

	plan_doctor(&s->pair, &d);
	for (size_t i = 0; i < d.n; i++) {
		buf_addf(out, "  %s: %s\n", words[d.findings[i].level], d.findings[i].text);
		if (d.findings[i].mend != NULL)
			buf_addf(out, "  fix: %s\n", d.findings[i].mend);
		if (d.findings[i].remedy != NULL)
			buf_addf(out, "  remedy: %s\n", d.findings[i].remedy);
	}
	if (d.n == 0)
		buf_addf(out, "  nothing odd\n");
	print(s, &d.plan, out);
	diagnosis_free(&d);
}

static struct err *make_plan(struct story *s, struct buf *out)
{
	struct plan p = {0};
	struct err *e = NULL;

	if (make_change(s, &e, out))
		return e;
	if (strcmp(s->verb, "check") == 0) {
		print_health(s, out);
		return NULL;
	}
	if (strcmp(s->verb, "tree") == 0) {
		print_tree(s, out);
		return NULL;
	}
	if (strcmp(s->verb, "doctor") == 0) {
		print_diagnosis(s, out);
		return NULL;
	}
	if (s->pair.src.d == NULL && strcmp(s->verb, "sync") != 0)
		return err_new(ERR_FAILED, "it has no source");
	if (strcmp(s->verb, "standing") == 0) {
		print_standing(s, out);
	} else if (strcmp(s->verb, "uptodate") == 0) {
		print_uptodate(s, out);
	} else if (strcmp(s->verb, "init") == 0) {
		make_init(s, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "sentsync") == 0) {
		struct sentsync_opts o = {
		    .snap = s->snap, .alone = s->alone, .savecount = s->savecount};
		plan_sentsync(&s->pair, &o, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "sync") == 0) {
		plan_sync(&s->pair, &s->sync, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "snapshot") == 0) {
		plan_snapshot(&s->pair, &s->sync, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "sync-back") == 0) {
		plan_rewind(&s->pair, s->snap, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "clear") == 0) {
		plan_clear(&s->pair, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "release") == 0) {
		plan_give_up(&s->pair, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "expire") == 0) {
		plan_expire(&s->pair, PAIR_SRC, &p);
		print(s, &p, out);
		if (s->pair.dst.d != NULL) {
			plan_expire(&s->pair, PAIR_DST, &p);
			print(s, &p, out);
		}
	} else {
		return err_new(ERR_FAILED, "there is no verb \"%s\"", s->verb);
	}
	return NULL;
}

/* What `text` makes: the same text, with the plan behind its "---". */
static struct err *expectation(const char *text, struct buf *out)
{
	const char *end = strncmp(text, "---", 3) == 0 ? text : strstr(text, "\n---");
	size_t len = end == NULL ? strlen(text) : (size_t)(end - text) + 1;
	struct story s;
	struct err *e = story_read(text, &s);

	buf_add(out, text, len);
	buf_addf(out, "---\n");
	if (e == NULL) {
		remedy_set_tag(str_same(s.tag, "zrep") ? NULL : s.tag);
		e = make_plan(&s, out);
		remedy_set_tag(NULL);
	}
	story_free(&s);
	return e;
}

static bool run_case(const char *path, bool update)
{
	char *text = read_file(path);
	struct buf got = {0};
	struct err *e = expectation(text, &got);
	bool same = e == NULL && strcmp(text, got.data) == 0;
	const char *invalid = e == NULL ? strstr(got.data, INVALID) : NULL;

	if (e != NULL) {
		printf("not ok %s: %s\n", path, e->what);
	} else if (invalid != NULL) {
		printf("not ok %s%.*s\n", path, (int)strcspn(invalid, "\n"), invalid);
		same = false;
	} else if (!same && update) {
		FILE *f = fopen(path, "w");
		if (f == NULL || fputs(got.data, f) < 0 || fclose(f) != 0) {
			perror(path);
			exit(1);
		}
		printf("updated %s\n", path);
		same = true;
	} else if (!same) {
		const char *plan = strstr(got.data, "---\n"), *old = strstr(text, "---\n");
		printf("not ok %s\nexpected:\n%sgot:\n%s", path, old ? old + 4 : "", plan + 4);
	}
	err_free(e);
	buf_free(&got);
	free(text);
	return same;
}

static int is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 5 && strcmp(d->d_name + n - 5, ".case") == 0;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	const char *dir = argc > 1 + update ? argv[1 + update] : NULL;
	struct dirent **list = NULL;
	int n, failed = 0;

	if (dir == NULL || (n = scandir(dir, &list, is_case, alphasort)) <= 0) {
		fprintf(stderr, "usage: plan_test [--update] DIRECTORY-OF-CASES\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		char *path = str_fmt("%s/%s", dir, list[i]->d_name);
		failed += !run_case(path, update);
		free(path);
		free(list[i]);
	}
	free(list);
	printf("%d cases, %d failed\n", n, failed);
	return failed > 0;
}
