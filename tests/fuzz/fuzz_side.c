/* A peer's listing, and every plan that could be made of it: whatever it says, a plan or a refusal
 * comes out, and nothing is destroyed that must not be. */
#include <string.h>

#include "fuzz.h"
#include "plan/plan.h"
#include "plan/retention/expire.h"
#include "plan/retention/give_up.h"
#include "plan/retention/select.h"
#include "plan/setup/adopt.h"
#include "plan/setup/clear.h"
#include "plan/setup/init.h"
#include "plan/sync.h"
#include "state/dataset.h"

static const struct plan_names names = {"here", "there"};

static void done(struct plan *p)
{
	struct buf text = {0};

	PROMISE(p->refusal == NULL || p->n == 0);
	plan_print(p, &names, &text);
	buf_free(&text);
	plan_free(p);
}

/* No plan without -f may destroy what is not zrep's own, nor the snapshot that both will have. */
static void check_destroys(const struct plan *p, const struct pair *pair)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->steps[i];
		PROMISE(!s->kind->foreign && s->kind->op != STEP_ROLLBACK);
		if (s->kind->op == STEP_UNBOOKMARK) {
			const struct dataset *d = pair_end(pair, s->at)->d;
			const struct snap *m =
			    dataset_bookmark_by_name(d, strchr(s->name, '#') + 1);
			PROMISE(m != NULL && m->zrep_named);
		}
		if (s->kind->op != STEP_DESTROY)
			continue;
		const char *part = name_snap_part(s->name);
		struct name_seq seq;
		PROMISE(part != NULL && name_parse_seq(part, pair->tag, &seq));
		PROMISE(p->base == NULL || strcmp(part, p->base) != 0);
	}
}

/* A setting that cannot be read destroys nothing; what keep wants stays. */
static void check_expire(const struct plan *p, const struct dataset *d)
{
	bool *kept = plan_retained(d, UINT64_MAX, &(struct arriving){0});

	PROMISE(p->n == 0 || (!d->savecount_bad && !d->keep_bad && d->foreign_bad == NULL));
	for (size_t i = 0; i < p->n; i++) {
		const char *part = name_snap_part(p->steps[i].name);
		bool may = false; /* a peer may list a name twice */
		PROMISE(part != NULL && p->steps[i].kind->op == STEP_DESTROY);
		for (size_t k = 0; k < d->n_snaps; k++)
			may = may || (strcmp(d->snaps[k].name, part) == 0 &&
				      ((d->snaps[k].zrep_named && !kept[k]) ||
				       (plan_is_foreign(&d->snaps[k]) && d->role == ROLE_REPLICA &&
					d->foreign_keep.kind != FOREIGN_KEEP_ALL)));
		PROMISE(may);
	}
	free(kept);
}

/* Nothing is received over what has a snapshot, and the master's mark comes last. */
static void check_over(const struct plan *p, const struct dataset *b)
{
	for (size_t i = 0; i < p->n; i++) {
		PROMISE(!p->steps[i].over || b->n_snaps == 0);
		PROMISE(p->steps[i].kind->op != STEP_SEND || p->steps[i].over ||
			p->steps[i].props != NULL);
	}
	PROMISE(p->n == 0 || p->steps[p->n - 1].kind->phase == PHASE_COMMIT);
}

static void plans(const struct dataset *a, const struct dataset *b, uint64_t n)
{
	struct pair pair = pair_of_one("zrep", "here", a);

	pair.dst.host_name = "there";
	pair.dst.name = b != NULL ? b->name : a->name;
	pair.dst.d = b;
	pair.now = 1700000000;
	pair.src.makes_bookmarks = pair.dst.makes_bookmarks = n & 64;
	pair.token_state = n & 1 ? TOKEN_DEAD : n & 4 ? TOKEN_UNKNOWN : TOKEN_KNOWN;
	pair.token_to = a->n_snaps ? a->snaps[0].guid : 0;
	pair.token_from = n & 2 ? 0 : a->n_snaps ? a->snaps[a->n_snaps - 1].guid : 0;
	struct plan p = {0};

	plan_sync(&pair, &(struct sync_opts){.zrep_only = n & 4}, &p);
	check_destroys(&p, &pair);
	done(&p);
	plan_sync(&pair, &(struct sync_opts){.force = true}, &p);
	done(&p);
	plan_expire(&pair, PAIR_SRC, &p);
	check_expire(&p, a);
	done(&p);
	plan_expire(&pair, PAIR_DST, &p);
	check_expire(&p, b);
	done(&p);
	plan_clear(&pair, &p);
	done(&p);
	plan_give_up(&pair, &p);
	for (size_t i = 0; i < p.n; i++)
		PROMISE(p.steps[i].at == PAIR_SRC && !p.steps[i].kind->foreign);
	done(&p);
	struct init_opts opts = {.src_host = "here",
				 .dst_host = "there",
				 .src_fs = a->name,
				 .dst_fs = b->name,
				 .parent = b,
				 .same_host = n & 8,
				 .snap = (n & 16) && a->n_snaps ? a->snaps[0].name : NULL};
	plan_init(&pair, &opts, &p);
	check_destroys(&p, &pair);
	check_over(&p, b);
	done(&p);
	opts.force = true;
	plan_init(&pair, &opts, &p);
	check_over(&p, b);
	done(&p);
	struct sentsync_opts sent = {.snap = a->n_snaps ? a->snaps[0].name : "s", .alone = n & 32};
	plan_sentsync(&pair, &sent, &p);
	check_destroys(&p, &pair);
	done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct side side;
	nvlist_t *nv;
	struct err *e = nv_unpack((const char *)data, size, &nv);

	if (e == NULL && (e = side_read(nv, "zrep", "here", &side)) == NULL) {
		for (size_t i = 0; i < side.n && i < 4; i++)
			for (size_t k = 0; k < side.n && k < 4; k++)
				plans(&side.datasets[i], &side.datasets[k], data[size - 1] ^ i ^ k);
		for (size_t i = 0; i < side.n; i++)
			PROMISE(side_find(&side, side.datasets[i].name) != NULL);
		side_free(&side);
	}
	nv_free(nv);
	err_free(e);
	return 0;
}
