/* Plans that no plan function makes, each with one fault: the invariant that it breaks has to say so. */
#include "../unit/test.h"
#include "plan/guids.h"
#include "plan/plan.h"
#include "plan/sync_checks.h"

#include "picture_file.h"
#include "plan/validate.h"
#include "state/dataset.h"

#define PICTURE                                                                                    \
	"sync host1:tank/a -> host2:tank/b\n"                                                      \
	"source master\n"                                                                          \
	"  written 4096\n"                                                                         \
	"  @zrep_000000 sent\n"                                                                    \
	"  @zrep_000001 sent held\n"                                                               \
	"destination replica\n"                                                                    \
	"  @zrep_000000 sent\n"                                                                    \
	"  @zrep_000001 sent held\n"                                                               \
	"  @mine\n"

struct broken {
	struct story s;
	struct plan p;
};

static void begin(struct broken *b, const char *picture)
{
	b->p = (struct plan){0};
	works(story_read(picture, &b->s));
}

static struct step *add(struct broken *b, enum step_op op, enum step_phase phase, enum pair_side at,
			const char *name)
{
	return plan_add(&b->p, op, phase, at, name);
}

static nvlist_t *props_of(const char *key, const char *value)
{
	nvlist_t *props = nv_new();

	nv_add_str(props, key, value);
	return props;
}

static void judge(struct broken *b, const char *words)
{
	struct err *e = plan_validate(&b->s.pair, &b->p);

	if (words != NULL) {
		assert_non_null(e);
		assert_int_equal(e->kind, ERR_REFUSED);
		assert_non_null(strstr(e->what, "a plan of zrep's own would have"));
		fails(e, words);
	} else {
		works(e);
	}
	plan_free(&b->p);
	story_free(&b->s);
}

static void end(struct broken *b, const char *words)
{
	plan_guids(&b->p, &b->s.pair, &b->s.src, &b->s.dst);
	judge(b, words);
}

static void base_stays(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "destroyed the base, tank/a@zrep_000001");
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@zrep_000001");
	end(&b, "destroyed the base, tank/b@zrep_000001");
	/* Not the base: it may go. */
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@zrep_000000");
	end(&b, NULL);
	/* The end of a pair. */
	begin(&b, PICTURE);
	b.p.clears = true;
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, NULL);
	/* Once another one is there, the old base is none any more; however the steps were added. */
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@zrep_000001");
	add(&b, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, "tank/a@zrep_000002")->to =
	    mem_strdup("tank/b@zrep_000002");
	end(&b, NULL);
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@zrep_000002");
	add(&b, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, "tank/a@zrep_000002")->to =
	    mem_strdup("tank/b@zrep_000002");
	end(&b, "not listed");
}

static void base_of_one_side(void **state)
{
	static const char picture[] = "expire host1:tank/a -> host2:tank/b\n"
				      "source master\n"
				      "  @zrep_000000 sent\n"
				      "  @zrep_000001 sent held\n"
				      "  @zrep_000002\n";
	struct broken b;

	(void)state;
	begin(&b, picture);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "destroyed the base, tank/a@zrep_000001");
	begin(&b, picture);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000002");
	end(&b, "may be the base for all that is known");
	begin(&b, picture);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000000");
	end(&b, NULL);
}

static void holds(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	add(&b, STEP_RELEASE, PHASE_LET_GO, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "let go of tank/a@zrep_000001 before another snapshot was held");
	/* The new one is held, on one side only. */
	begin(&b, PICTURE);
	add(&b, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, "tank/a@zrep_000002")->to =
	    mem_strdup("tank/b@zrep_000002");
	add(&b, STEP_HOLD, PHASE_SECURE, PAIR_SRC, "tank/a@zrep_000002");
	add(&b, STEP_RELEASE, PHASE_LET_GO, PAIR_SRC, "tank/a@zrep_000001");
	add(&b, STEP_RELEASE, PHASE_LET_GO, PAIR_DST, "tank/b@zrep_000001");
	end(&b, "let go of tank/b@zrep_000001");
	/* Before the transfer is too early. */
	begin(&b, PICTURE);
	b.p.base = mem_strdup("zrep_000002");
	add(&b, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, "tank/a@zrep_000002")->to =
	    mem_strdup("tank/b@zrep_000002");
	add(&b, STEP_HOLD, PHASE_SECURE, PAIR_DST, "tank/b@zrep_000002");
	add(&b, STEP_RELEASE, PHASE_GIVE_UP, PAIR_DST, "tank/b@zrep_000001");
	end(&b, "let go of tank/b@zrep_000001");
	/* A hold on an older one is no help. */
	begin(&b, PICTURE);
	add(&b, STEP_HOLD, PHASE_SECURE, PAIR_SRC, "tank/a@zrep_000000");
	add(&b, STEP_RELEASE, PHASE_LET_GO, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "let go of tank/a@zrep_000001");
	begin(&b, PICTURE);
	add(&b, STEP_RELEASE, PHASE_LET_GO, PAIR_SRC, "tank/other@zrep_000001");
	end(&b, "none of the pair's");
}

#define MARKED                                                                                     \
	"sync host1:tank/a -> host2:tank/b\n"                                                      \
	"source master\n"                                                                          \
	"  @zrep_000000 sent\n"                                                                    \
	"  @zrep_000001 sent held\n"                                                               \
	"  @zrep_000002\n"                                                                         \
	"  #old guid=zrep_000000 txg=10\n"                                                         \
	"  #- guid=zrep_000000 txg=10\n"                                                           \
	"  #- guid=zrep_000001 txg=20\n"                                                           \
	"bookmarks\n"

static struct step *add_mark(struct broken *b, enum step_phase phase, const char *guid)
{
	char *part = name_mark("zrep", story_guid(guid)), *name = str_fmt("tank/a#%s", part);
	struct step *s = add(b, STEP_UNBOOKMARK, phase, PAIR_SRC, name);

	free(name);
	free(part);
	return s;
}

static void bookmarks(void **state)
{
	static const char both[] = MARKED "destination replica\n"
					  "  @zrep_000000 sent\n"
					  "  @zrep_000001 sent held\n";
	static const char alone[] = MARKED "destination away\n";
	struct broken b;

	(void)state;
	/* The base may go where the operator said so, and it is bookmarked. */
	begin(&b, alone);
	b.p.gives_up = true;
	add(&b, STEP_RELEASE, PHASE_GIVE_UP, PAIR_SRC, "tank/a@zrep_000001");
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000001");
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000000");
	end(&b, NULL);
	begin(&b, alone);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "destroyed the base");
	begin(&b, alone);
	add(&b, STEP_RELEASE, PHASE_GIVE_UP, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "let go of");
	begin(&b, alone);
	b.p.gives_up = true;
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000002");
	end(&b, "may be the base for all that is known");
	begin(&b, "expire host1:tank/a -> host2:tank/b\n"
		  "source master\n"
		  "  @zrep_000001 sent held\n"
		  "  #- guid=zrep_000000 txg=10\n"
		  "bookmarks\n");
	b.p.gives_up = true;
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_SRC, "tank/a@zrep_000001");
	end(&b, "destroyed the base");
	/* Never on the replica. */
	begin(&b, both);
	b.p.gives_up = true;
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@zrep_000001");
	end(&b, "destroyed the base");
	/* Of bookmarks, only zrep's own that no sync begins from. */
	begin(&b, both);
	add_mark(&b, PHASE_EXPIRE_BOOKMARKS, "zrep_000000");
	end(&b, NULL);
	begin(&b, both);
	add_mark(&b, PHASE_EXPIRE_BOOKMARKS, "zrep_000001");
	end(&b, "may have to begin from");
	begin(&b, alone);
	add_mark(&b, PHASE_EXPIRE_BOOKMARKS, "zrep_000000");
	end(&b, "may have to begin from");
	begin(&b, both);
	add(&b, STEP_UNBOOKMARK, PHASE_EXPIRE_BOOKMARKS, PAIR_SRC, "tank/a#old");
	end(&b, "which is not zrep's");
	begin(&b, both);
	add(&b, STEP_UNBOOKMARK, PHASE_EXPIRE_BOOKMARKS, PAIR_SRC, "tank/a#none");
	end(&b, "not listed");
	begin(&b, both);
	add(&b, STEP_UNBOOKMARK, PHASE_GIVE_UP, PAIR_SRC, "tank/a#old");
	end(&b, "which no rollback needs gone");
	/* Of those that it makes itself, none that it sends nothing from. */
	begin(&b, both);
	struct step *late = add_mark(&b, PHASE_EXPIRE_BOOKMARKS, "zrep_000000");
	late->later = true;
	late->guid = story_guid("zrep_000000");
	end(&b, "does not make only for its way");
	begin(&b, both);
	b.p.clears = true;
	add_mark(&b, PHASE_EXPIRE_BOOKMARKS, "zrep_000001");
	end(&b, NULL);
}

static void foreign_stays(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@mine");
	end(&b, "destroyed tank/b@mine, which is not zrep's");
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE_CASCADED, PAIR_DST, "tank/b@mine");
	end(&b, "not zrep's");
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/other@zrep_000000");
	end(&b, "not listed");
	/* Without the word, and with the word of the other side. */
	begin(&b, PICTURE);
	b.p.discards[PAIR_SRC] = true;
	plan_roll_back(&b.p, b.s.pair.dst.d, PAIR_DST,
		       dataset_snap_by_name(b.s.pair.dst.d, "zrep_000001"));
	end(&b, "without the operator's word");
	begin(&b, PICTURE);
	b.p.discards[PAIR_DST] = true;
	plan_roll_back(&b.p, b.s.pair.dst.d, PAIR_DST,
		       dataset_snap_by_name(b.s.pair.dst.d, "zrep_000001"));
	end(&b, NULL);
	begin(&b, PICTURE);
	add(&b, STEP_ROLLBACK, PHASE_GIVE_UP, PAIR_DST, "tank/b@zrep_000001");
	end(&b, "rolled back to tank/b@zrep_000001 without");
	/* With it, still nothing that no rollback needs gone. */
	begin(&b, PICTURE);
	b.p.discards[PAIR_DST] = true;
	add(&b, STEP_DESTROY, PHASE_GIVE_UP, PAIR_DST, "tank/b@mine");
	end(&b, "no rollback needs gone");
	begin(&b, PICTURE);
	b.p.discards[PAIR_DST] = true;
	plan_roll_back(&b.p, b.s.pair.dst.d, PAIR_DST,
		       dataset_snap_by_name(b.s.pair.dst.d, "zrep_000001"));
	b.p.rollback = 0;
	end(&b, "and planned with what that removes");
	begin(&b, PICTURE);
	struct step *over = add(&b, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, "tank/a@zrep_000001");
	over->to = mem_strdup("tank/b@zrep_000001");
	over->over = true;
	end(&b, "replaced what is in tank/b@zrep_000001");
}

static void base_for_a_stranger(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, "sync host1:tank/a -> host2:tank/b\n"
		  "source master\n"
		  "  @zrep_000001 sent held\n"
		  "destination replica\n"
		  "  @only-here\n"
		  "  @zrep_000001 sent held\n");
	b.p.discards[PAIR_DST] = true;
	plan_roll_back(&b.p, b.s.pair.dst.d, PAIR_DST,
		       dataset_snap_by_name(b.s.pair.dst.d, "only-here"));
	end(&b, "tank/b@zrep_000001");
}

static void nothing_moves(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	add(&b, STEP_RENAME, PHASE_MOVE, PAIR_DST, "tank/b")->to = mem_strdup("tank/c");
	end(&b, "renamed tank/b to tank/c");
	begin(&b, PICTURE);
	add(&b, STEP_RENAME, PHASE_MOVE, PAIR_DST, "tank/b/x")->to = mem_strdup("tank/b/y");
	end(&b, "renamed tank/b/x");
	begin(&b, PICTURE);
	b.p.tree = true;
	add(&b, STEP_RENAME, PHASE_MOVE, PAIR_DST, "tank/b/x")->to = mem_strdup("tank/b/y");
	end(&b, NULL);
	begin(&b, PICTURE);
	b.p.tree = true;
	add(&b, STEP_RENAME, PHASE_MOVE, PAIR_DST, "tank/b/x")->to = mem_strdup("tank/bx/y");
	end(&b, "renamed tank/b/x to tank/bx/y");
	begin(&b, PICTURE);
	b.p.tree = true;
	add(&b, STEP_RENAME, PHASE_MOVE, PAIR_SRC, "tank/a/x")->to = mem_strdup("tank/a/y");
	end(&b, "renamed tank/a/x");
	begin(&b, PICTURE);
	add(&b, STEP_CLONE, PHASE_MOVE, PAIR_DST, "tank/b")->from =
	    mem_strdup("tank/c@zrep_000001");
	end(&b, "cloned tank/b");
	begin(&b, PICTURE);
	add(&b, STEP_PROMOTE, PHASE_MOVE, PAIR_DST, "tank/b");
	end(&b, "promoted tank/b");
}

static struct step *promise(struct broken *b, const char *switch_text)
{
	struct step *s = add(b, STEP_PROVE, PHASE_PROVE, PAIR_SRC, "tank/a");

	s->expect = props_of("zrep:switch", switch_text);
	return s;
}

static struct step *decide(struct broken *b, uint64_t epoch)
{
	struct step *s = add(b, STEP_DECIDE, PHASE_DECLARE, PAIR_DST, "tank/b");
	char *entering = switch_promoting(epoch);

	s->props = props_of("zrep:master", "yes");
	nv_add_str(s->props, "zrep:switch", entering);
	s->expect = props_of("zrep:epoch", "1");
	free(entering);
	return s;
}

static struct step *offer(struct broken *b, const char *switch_text)
{
	struct step *s = add(b, STEP_OFFER, PHASE_DECLARE, PAIR_DST, "tank/b");

	s->props = props_of("zrep:switch", switch_text);
	s->expect = props_of("zrep:epoch", "1");
	return s;
}

static void offered(void **state)
{
	static const char words[] = "the role of a master that may still be written to";
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	promise(&b, "leaving 2");
	offer(&b, "offered 2 77");
	end(&b, NULL);
	begin(&b, PICTURE);
	offer(&b, "offered 2 77");
	end(&b, words);
	begin(&b, PICTURE);
	promise(&b, "leaving 3");
	offer(&b, "offered 2 77");
	end(&b, words);
	begin(&b, PICTURE);
	promise(&b, "leaving 2");
	struct step *blind = offer(&b, "offered 2 77");
	nv_free(blind->expect);
	blind->expect = NULL;
	end(&b, words);
}

static void one_master(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	decide(&b, 2);
	end(&b, "made tank/b a master beside tank/a");
	begin(&b, PICTURE);
	promise(&b, "leaving 3");
	decide(&b, 2);
	end(&b, "made tank/b a master beside tank/a");
	begin(&b, PICTURE);
	promise(&b, "leaving 2");
	decide(&b, 2);
	end(&b, NULL);
	begin(&b, PICTURE);
	promise(&b, "leaving 2");
	struct step *blind = decide(&b, 2);
	nv_free(blind->expect);
	blind->expect = NULL;
	end(&b, "whatever it is by then");
	begin(&b, PICTURE);
	b.p.alone = true;
	decide(&b, 2);
	end(&b, NULL);
	begin(&b, PICTURE);
	add(&b, STEP_SET, PHASE_RECORD, PAIR_DST, "tank/c")->props = props_of("zrep:master", "yes");
	end(&b, "none of the pair's");
}

static void master_last(void **state)
{
	static const char picture[] = "init host1:tank/a -> host2:tank/b\n"
				      "source plain\n"
				      "  @zrep_000000\n";
	struct broken b;

	(void)state;
	begin(&b, picture);
	add(&b, STEP_SET, PHASE_COMMIT, PAIR_SRC, "tank/a")->props = props_of("zrep:master", "yes");
	add(&b, STEP_SET, PHASE_RECORD, PAIR_DST, "tank/b")->props =
	    props_of("zrep:src-fs", "tank/a");
	end(&b, NULL);
	begin(&b, picture);
	add(&b, STEP_SET, PHASE_RECORD, PAIR_SRC, "tank/a")->props = props_of("zrep:master", "yes");
	add(&b, STEP_SET, PHASE_RECORD, PAIR_DST, "tank/b")->props =
	    props_of("zrep:src-fs", "tank/a");
	end(&b, "made tank/a a master before its replica was one");
}

/* The plan of a refusal, and one without steps. */
/* Nothing has put the GUIDs to these. */
static void names_prove_nothing(void **state)
{
	static const struct {
		enum step_op op;
		enum step_phase phase;
		const char *name, *words;
	} steps[] = {
	    {STEP_HOLD, PHASE_SECURE, "tank/a@zrep_000001", "taken tank/a@zrep_000001 by its name"},
	    {STEP_DESTROY, PHASE_EXPIRE, "tank/a@zrep_000000", "taken tank/a@zrep_000000"},
	    {STEP_BOOKMARK, PHASE_TRANSFER, "tank/a@zrep_000001", "taken tank/a@zrep_000001"},
	    {STEP_UNBOOKMARK, PHASE_EXPIRE_BOOKMARKS, "tank/a#old", "destroyed tank/a#old by its"},
	};
	struct broken b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		begin(&b, MARKED "destination replica\n"
				 "  @zrep_000001 sent held\n");
		add(&b, steps[i].op, steps[i].phase, PAIR_SRC, steps[i].name);
		judge(&b, steps[i].words);
	}
	/* What the plan itself makes has none yet. */
	begin(&b, MARKED "destination replica\n"
			 "  @zrep_000001 sent held\n");
	add(&b, STEP_BOOKMARK, PHASE_TRANSFER, PAIR_SRC, "tank/a@zrep_000009");
	judge(&b, NULL);
}

static void nothing(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, PICTURE);
	end(&b, NULL);
	begin(&b, PICTURE);
	add(&b, STEP_DESTROY, PHASE_EXPIRE, PAIR_DST, "tank/b@mine");
	plan_refuse(&b.p, err_new(ERR_REFUSED, "no"));
	end(&b, NULL);
}

#define BOOKMARKED                                                                                 \
	"sync host1:tank/a -> host2:tank/b\n"                                                      \
	"source master\n"                                                                          \
	"  @zrep_000000 sent held\n"                                                               \
	"destination replica\n"                                                                    \
	"  @zrep_000000 sent held\n"

static struct step *add_empty(struct broken *b, enum pair_side at, const char *name,
			      const char *since)
{
	struct step *s = add(b, STEP_DESTROY, PHASE_TRANSFER, at, name);
	const struct dataset *d = pair_end(&b->s.pair, at)->d;

	if (since != NULL)
		plan_expect_state(s, d, dataset_snap_by_name(d, since));
	return s;
}

/* What others have taken goes without the operator's word only from a replica, and only if it is proven to hold nothing. */
static void only_what_is_empty(void **state)
{
	struct broken b;

	(void)state;
	begin(&b, BOOKMARKED "  @mine written=0\n");
	add_empty(&b, PAIR_DST, "tank/b@mine", "zrep_000000");
	end(&b, NULL);
	begin(&b, BOOKMARKED "  @mine written=0\n");
	add_empty(&b, PAIR_DST, "tank/b@mine", NULL);
	end(&b, "destroyed tank/b@mine as empty, whatever it is by then");
	begin(&b, BOOKMARKED "  @mine written=0\n");
	add_empty(&b, PAIR_DST, "tank/b@mine", "mine");
	end(&b, "destroyed tank/b@mine as empty, whatever it is by then");
	static const char *const full[] = {BOOKMARKED "  @mine written=512\n",
					   BOOKMARKED "  @mine written=0 holds=1\n",
					   BOOKMARKED "  @mine written=0 sent\n",
					   BOOKMARKED "  @mine written=0\n  @other written=512\n",
					   BOOKMARKED "  written 512\n  @mine written=0\n"};
	for (size_t i = 0; i < sizeof(full) / sizeof(*full); i++) {
		begin(&b, full[i]);
		add_empty(&b, PAIR_DST, "tank/b@mine", "zrep_000000");
		end(&b, "destroyed tank/b@mine as empty, which it is not known to be");
	}
	/* Older than the base, and on the master. */
	begin(&b, "sync host1:tank/a -> host2:tank/b\n"
		  "source master\n"
		  "  @mine written=0\n"
		  "  @zrep_000000 sent held\n"
		  "destination replica\n"
		  "  @mine written=0\n"
		  "  @zrep_000000 sent held\n");
	add_empty(&b, PAIR_DST, "tank/b@mine", "zrep_000000");
	end(&b, "destroyed tank/b@mine as empty, which it is not known to be");
	begin(&b, "sync host1:tank/a -> host2:tank/b\n"
		  "source master\n"
		  "  @zrep_000000 sent held\n"
		  "  @mine written=0\n"
		  "destination replica\n"
		  "  @zrep_000000 sent held\n");
	add_empty(&b, PAIR_SRC, "tank/a@mine", "zrep_000000");
	end(&b, "destroyed tank/a@mine, which is not a replica's");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base_stays),
	    cmocka_unit_test(base_of_one_side),
	    cmocka_unit_test(holds),
	    cmocka_unit_test(foreign_stays),
	    cmocka_unit_test(nothing_moves),
	    cmocka_unit_test(base_for_a_stranger),
	    cmocka_unit_test(offered),
	    cmocka_unit_test(one_master),
	    cmocka_unit_test(master_last),
	    cmocka_unit_test(nothing),
	    cmocka_unit_test(only_what_is_empty),
	    cmocka_unit_test(bookmarks),
	    cmocka_unit_test(names_prove_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
