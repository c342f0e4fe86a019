#include "plan/plan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"

struct step *plan_add(struct plan *p, enum step_op op, enum step_phase phase, enum pair_side at,
		      const char *name)
{
	const struct step_kind *kind = step_kind_of(op, phase);

	assert(kind != NULL && (at == PAIR_SRC || at == PAIR_DST) && name != NULL);
	if ((p->n & (p->n - 1)) == 0) /* full: it doubles */
		p->steps = mem_array(p->steps, p->n ? p->n * 2 : 1, sizeof(struct step));
	struct step *s = &p->steps[p->n++];
	*s = (struct step){.kind = kind, .at = at, .name = mem_strdup(name)};
	return s;
}

void plan_prop(nvlist_t *props, const char *tag, const char *prop, const char *value)
{
	char key[64];

	snprintf(key, sizeof(key), "%s:%s", tag, prop);
	if (value != NULL)
		nv_add_str(props, key, value);
	else
		nv_add_flag(props, key);
}

void plan_prop_u64(nvlist_t *props, const char *tag, const char *prop, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	plan_prop(props, tag, prop, text);
}

/* A role and a change count only where they are set on the dataset itself; received, they are as good as not set. */
static const char *as_seen(const struct dataset *d, const char *key, const char *prop)
{
	const char *own = nv_str(d->own, key);

	if (strcmp(prop, "switch") == 0)
		return d->switch_text;
	if (strcmp(prop, "master") == 0 && !d->master && own != NULL && strcmp(own, "yes") == 0)
		return NULL;
	return own;
}

void plan_expect(struct step *s, const char *tag, const struct dataset *d, const char *props)
{
	struct strv words = {0};

	assert(d != NULL);
	if (s->expect == NULL)
		s->expect = nv_new();
	strv_split(&words, props);
	for (size_t i = 0; i < words.n; i++) {
		char *key = str_fmt("%s:%s", tag, words.items[i]);
		plan_prop(s->expect, tag, words.items[i], as_seen(d, key, words.items[i]));
		free(key);
	}
	strv_free(&words);
}

void plan_expect_state(struct step *s, const struct dataset *d, const struct snap *since)
{
	uint64_t written = d->written;

	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > since->createtxg)
			written += d->snaps[i].written;
	s->state = nv_new();
	nv_add_u64(s->state, "newest", since->guid);
	nv_add_str(s->state, "snap", since->name);
	nv_add_u64(s->state, "written", written);
}

void plan_mount_below(struct plan *p, enum pair_side at, const struct dataset *d)
{
	for (size_t i = 0; i < d->below.n; i++)
		plan_add(p, STEP_MOUNT, PHASE_MOUNT, at, d->below.items[i]);
}

void plan_add_move(struct plan *p, enum pair_side at, const char *name, const char *to)
{
	plan_add(p, STEP_UNMOUNT, PHASE_STOP, at, name);
	plan_add(p, STEP_RENAME, PHASE_MOVE, at, name)->to = mem_strdup(to);
}

void plan_refuse(struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++)
		step_clear(&p->steps[i]);
	p->n = 0;
	p->refusal = err_first(p->refusal, e);
}

void plan_free(struct plan *p)
{
	plan_refuse(p, NULL);
	err_free(p->refusal);
	free(p->steps);
	free(p->base);
	strv_free(&p->notes);
	strv_free(&p->done);
	*p = (struct plan){0};
}

void plans_free(struct plan *plans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		plan_free(&plans[i]);
	free(plans);
}

bool plan_name_fits(const char *dataset, const char *tag)
{
	/* '@', '_', ten digits; the script may add "_unsent" to a name. */
	return strlen(dataset) + 1 + strlen(tag) + 1 + 10 + strlen("_unsent") <= NAME_DATASET_MAX;
}

static uint64_t highest_seq(const struct dataset *d, bool *any)
{
	uint64_t max = 0;

	for (size_t i = 0; d != NULL && i < d->n_snaps; i++)
		if (d->snaps[i].zrep_named) {
			*any = true;
			if (d->snaps[i].seq.number > max)
				max = d->snaps[i].seq.number;
		}
	return max;
}

uint64_t plan_next_seq(const struct dataset *src, const struct dataset *dst)
{
	bool any = false;
	uint64_t a = highest_seq(src, &any), b = highest_seq(dst, &any);

	return any ? (a > b ? a : b) + 1 : 0;
}

bool plan_rolls_back(const struct plan *p, enum pair_side at, const struct snap *s)
{
	return at == PAIR_DST && p->rollback != 0 && s->createtxg > p->rollback;
}

/* The snapshot of d that a step before a rollback holds; NULL without one. */
static const struct snap *held_first(const struct plan *p, enum pair_side at,
				     const struct dataset *d)
{
	for (size_t i = 0; d != NULL && i < p->n; i++)
		if (p->steps[i].kind->phase == PHASE_PROTECT && p->steps[i].at == at)
			return dataset_snap_by_name(d, name_snap_part(p->steps[i].name));
	return NULL;
}

void plan_holds(struct plan *p, const struct dataset *d, enum pair_side at, const char *base)
{
	const struct snap *first = held_first(p, at, d);
	bool held = false;

	for (size_t i = 0; d != NULL && i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		if ((!s->held && s != first) || plan_rolls_back(p, at, s))
			continue;
		if (strcmp(s->name, base) == 0) {
			held = true;
			continue;
		}
		char *name = str_fmt("%s@%s", d->name, s->name);
		plan_add(p, STEP_RELEASE, PHASE_LET_GO, at, name);
		free(name);
	}
	if (!held && d != NULL) {
		char *name = str_fmt("%s@%s", d->name, base);
		plan_add(p, STEP_HOLD, PHASE_SECURE, at, name);
		free(name);
	}
}

/* In the order of their names: an nvlist keeps no promise about its own. */
static void print_props(const nvlist_t *props, struct buf *out)
{
	const char *last = "";

	for (;;) {
		const char *next = NULL;
		nv_each(props, p)
			if (strcmp(nvpair_name(p), last) > 0 &&
			    (next == NULL || strcmp(nvpair_name(p), next) < 0))
				next = nvpair_name(p);
		if (next == NULL)
			return;
		const char *value = nv_str(props, next);
		if (value != NULL)
			buf_addf(out, " %s=%s", next, value);
		else
			buf_addf(out, " -%s", next);
		last = next;
	}
}

static void print_step(const struct step *s, const struct plan_names *names, struct buf *out)
{
	const char *host = s->at == PAIR_SRC ? names->src_host : names->dst_host;

	if (step_is_transfer(s)) {
		buf_addf(out, "  %s -> %s: %s ", names->src_host, names->dst_host, s->kind->words);
		bool from = s->from != NULL && s->kind->op == STEP_SEND;
		if (from)
			buf_addf(out, "%s..", s->from);
		buf_addf(out, "%s to %s", from ? strchr(s->name, '@') : s->name, s->to);
		if (s->origin != NULL)
			buf_addf(out, ", a clone of %s", s->origin);
		if (s->raw)
			buf_addf(out, ", raw");
		if (s->split)
			buf_addf(out, ", without large blocks");
		if (s->over)
			buf_addf(out, ", over what is there");
		if (s->props != NULL) {
			buf_addf(out, ", with");
			print_props(s->props, out);
		}
	} else {
		buf_addf(out, "  %s: %s %s", host, s->kind->words, s->from ? s->from : s->name);
		if (s->from != NULL)
			buf_addf(out, " as %s", s->name);
		if (s->to != NULL)
			buf_addf(out, " to %s", s->to);
		if (s->kind->op != STEP_HOOK) /* the facts of a hook are what was just said */
			print_props(s->props, out);
		if (s->expect != NULL)
			buf_addf(out, s->kind->op == STEP_PROVE ? " that" : ", if");
		print_props(s->expect, out);
	}
	buf_addf(out, "\n");
}

void plan_print_notes(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->notes.n; i++)
		buf_addf(out, "  note: %s\n", p->notes.items[i]);
}

void plan_print(const struct plan *p, const struct plan_names *names, struct buf *out)
{
	if (p->refusal != NULL) {
		buf_addf(out, "  refused (%d, %s): %s\n", (int)p->refusal->kind,
			 err_reason_word(p->refusal->reason), p->refusal->what);
		if (p->refusal->remedy != NULL)
			buf_addf(out, "  remedy: %s\n", p->refusal->remedy);
	}
	plan_print_notes(p, out);
	for (size_t k = 0; k < step_n_kinds; k++)
		for (size_t i = 0; i < p->n; i++)
			if (p->steps[i].kind == &step_kinds[k])
				print_step(&p->steps[i], names, out);
	for (size_t i = 0; i < p->done.n; i++)
		buf_addf(out, "  then: %s\n", p->done.items[i]);
	if (p->refusal == NULL && p->n == 0)
		buf_addf(out, "  nothing to do\n");
}
