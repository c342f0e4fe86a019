#include "plan/step.h"

#include <stdlib.h>

enum { FOREIGN = 1, CASCADED = 2, OPTIONAL = 4, EMPTY = 8, AGED = 16, ALWAYS = 32 };

/* The rows stand in the order of execution, in which the phases follow one another as they do in enum step_phase
 * (tests/unit/step_test.c). A failure to forget a partial receive is a note: what needs it gone says so itself. */
/* clang-format off */
#define STEP_TABLE(X) \
	/* op             phase                  words                            operation   shape         argument    hook            */ \
	X(STEP_ABORT,    PHASE_CLEAR_AWAY,      "forget the partial receive of", "abort-receive", SHAPE_NAMES, "datasets", NULL,      OPTIONAL) \
	X(STEP_KEY_OWN,  PHASE_CLEAR_AWAY,      "give a key of its own to",      "key-own",  SHAPE_NAMES,  "datasets", NULL,           0) \
	X(STEP_SET,      PHASE_CLEAR_AWAY,      "set",                           "set",      SHAPE_PROPS,  NULL,       NULL,           OPTIONAL) \
	X(STEP_HOOK,     PHASE_FENCE,           "run hook fence for",            "hook",     SHAPE_ITEMS,  NULL,       "fence",        0) \
	X(STEP_HOOK,     PHASE_PREPARE,         "run hook pre-promote for",      "hook",     SHAPE_ITEMS,  NULL,       "pre-promote",  0) \
	X(STEP_SET,      PHASE_PREPARE,         "set",                           "set",      SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_HOLD,     PHASE_PREPARE,         "hold",                          "hold",     SHAPE_NAMES,  "snaps",    NULL,           0) \
	X(STEP_PROVE,    PHASE_PROVE,           "prove on",                      "set",      SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_SET,      PHASE_DECLARE,         "set",                           "set",      SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_DECIDE,   PHASE_DECLARE,         "decide",                        "decide",   SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_OFFER,    PHASE_DECLARE,         "offer the role to",             "offer",    SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_HOOK,     PHASE_STOP,            "run hook pre-demote for",       "hook",     SHAPE_ITEMS,  NULL,       "pre-demote",   0) \
	X(STEP_QUIESCE,  PHASE_STOP,            "make read-only",                "quiesce",  SHAPE_NAMES,  "datasets", NULL,           0) \
	X(STEP_UNMOUNT,  PHASE_STOP,            "unmount",                       "unmount",  SHAPE_NAMES,  "datasets", NULL,           0) \
	X(STEP_HOLD,     PHASE_PROTECT,         "hold",                          "hold",     SHAPE_NAMES,  "snaps",    NULL,           0) \
	X(STEP_RELEASE,  PHASE_GIVE_UP,         "release",                       "release",  SHAPE_NAMES,  "snaps",    NULL,           0) \
	X(STEP_DESTROY,  PHASE_GIVE_UP,         "destroy",                       "destroy",  SHAPE_NAMES,  "snaps",    NULL,           FOREIGN) \
	X(STEP_UNBOOKMARK, PHASE_GIVE_UP,       "destroy bookmark",              "destroy-bookmark", SHAPE_NAMES, "bookmarks", NULL,      FOREIGN) \
	X(STEP_ROLLBACK, PHASE_GIVE_UP,         "roll back to",                  "rollback", SHAPE_NAMES,  "snaps",    NULL,           0) \
	X(STEP_RENAME,   PHASE_MOVE,            "rename",                        "rename",   SHAPE_ITEMS,  NULL,       NULL,           0) \
	X(STEP_CLONE,    PHASE_MOVE,            "clone",                         "clone",    SHAPE_ITEMS,  NULL,       NULL,           0) \
	X(STEP_PROMOTE,  PHASE_MOVE,            "promote",                       "promote",  SHAPE_NAMES,  "datasets", NULL,           0) \
	X(STEP_UNCLONE,  PHASE_RESTORE,         "undo the clone",                "unclone",  SHAPE_ITEMS,  NULL,       NULL,           0) \
	X(STEP_RENAME,   PHASE_RESTORE,         "rename",                        "rename",   SHAPE_ITEMS,  NULL,       NULL,           0) \
	X(STEP_HOOK,     PHASE_FREEZE,          "run hook pre-snapshot for",     "hook",     SHAPE_ITEMS,  NULL,       "pre-snapshot", 0) \
	X(STEP_SNAPSHOT, PHASE_SNAPSHOT,        "snapshot",                      "snapshot", SHAPE_NAMES,  "snaps",    NULL,           0) \
	X(STEP_HOOK,     PHASE_THAW,            "run hook post-snapshot for",    "hook",     SHAPE_ITEMS,  NULL,       "post-snapshot", ALWAYS | OPTIONAL) \
	X(STEP_BOOKMARK, PHASE_TRANSFER,        "bookmark",                      "bookmark", SHAPE_NAMES,  "snaps",    NULL,           OPTIONAL) \
	X(STEP_DESTROY,  PHASE_TRANSFER,        "destroy the empty",             "destroy",  SHAPE_NAMES,  "snaps",    NULL,           FOREIGN | EMPTY) \
	X(STEP_RESUME,   PHASE_TRANSFER,        "resume",                        NULL,       SHAPE_STREAM, NULL,       NULL,           0) \
	X(STEP_SEND,     PHASE_TRANSFER,        "send",                          NULL,       SHAPE_STREAM, NULL,       NULL,           0) \
	X(STEP_HOLD,     PHASE_SECURE,          "hold",                          "hold",     SHAPE_NAMES,  "snaps",    NULL,           0) \
	X(STEP_SET,      PHASE_ADJUST,          "set",                           "set",      SHAPE_PROPS,  NULL,       NULL,           OPTIONAL) \
	X(STEP_KEY_OWN,  PHASE_ADJUST,          "give a key of its own to",      "key-own",  SHAPE_NAMES,  "datasets", NULL,           OPTIONAL) \
	X(STEP_KEY_INHERIT, PHASE_ADJUST,       "let the key be inherited by",   "key-inherit", SHAPE_NAMES, "datasets", NULL,          OPTIONAL) \
	X(STEP_SET,      PHASE_RECORD,          "set",                           "set",      SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_WRITABLE, PHASE_RECORD,          "make writable",                 "writable", SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_MOUNT,    PHASE_MOUNT,           "mount",                         "mount",    SHAPE_NAMES,  "datasets", NULL,           OPTIONAL) \
	X(STEP_HOOK,     PHASE_DEMOTED,         "run hook post-demote for",      "hook",     SHAPE_ITEMS,  NULL,       "post-demote",  OPTIONAL) \
	X(STEP_HOOK,     PHASE_PROMOTED,        "run hook post-promote for",     "hook",     SHAPE_ITEMS,  NULL,       "post-promote", OPTIONAL) \
	X(STEP_SET,      PHASE_COMMIT,          "set",                           "set",      SHAPE_PROPS,  NULL,       NULL,           0) \
	X(STEP_RELEASE,  PHASE_LET_GO,          "release",                       "release",  SHAPE_NAMES,  "snaps",    NULL,           OPTIONAL) \
	X(STEP_DESTROY,  PHASE_EXPIRE,          "destroy",                       "destroy",  SHAPE_NAMES,  "snaps",    NULL,           OPTIONAL) \
	X(STEP_DESTROY,  PHASE_EXPIRE_CASCADED, "destroy",                       "destroy",  SHAPE_NAMES,  "snaps",    NULL,           CASCADED | OPTIONAL) \
	X(STEP_DESTROY,  PHASE_EXPIRE_FOREIGN,  "destroy",                       "destroy",  SHAPE_NAMES,  "snaps",    NULL,           AGED | OPTIONAL) \
	X(STEP_UNBOOKMARK, PHASE_EXPIRE_BOOKMARKS, "destroy bookmark",           "destroy-bookmark", SHAPE_NAMES, "bookmarks", NULL,      OPTIONAL)
/* clang-format on */

#define ROW(op_, phase_, words_, operation_, shape_, argument_, hook_, flags_)                     \
	{.op = op_,                                                                                \
	 .phase = phase_,                                                                          \
	 .words = words_,                                                                          \
	 .operation = operation_,                                                                  \
	 .shape = shape_,                                                                          \
	 .argument = argument_,                                                                    \
	 .hook = hook_,                                                                            \
	 .foreign = (flags_)&FOREIGN,                                                              \
	 .cascaded = (flags_)&CASCADED,                                                            \
	 .aged = (flags_)&AGED,                                                                    \
	 .always = (flags_)&ALWAYS,                                                                \
	 .empty = (flags_)&EMPTY,                                                                  \
	 .optional = (flags_)&OPTIONAL},
const struct step_kind step_kinds[] = {STEP_TABLE(ROW)};
const size_t step_n_kinds = sizeof(step_kinds) / sizeof(*step_kinds);

/* Every operation and every phase has a row. */
#define OP_BIT(op, phase, ...) | 1u << (op)
#define PHASE_BIT(op, phase, ...) | 1u << (phase)
_Static_assert((0 STEP_TABLE(OP_BIT)) == (1u << STEP_OPS) - 1, "an operation without a row");
_Static_assert((0 STEP_TABLE(PHASE_BIT)) == (1u << PHASES) - 1, "a phase without a row");

const struct step_kind *step_kind_of(enum step_op op, enum step_phase phase)
{
	for (size_t i = 0; i < step_n_kinds; i++)
		if (step_kinds[i].op == op && step_kinds[i].phase == phase)
			return &step_kinds[i];
	return NULL;
}

void step_clear(struct step *s)
{
	free(s->name);
	free(s->to);
	free(s->from);
	free(s->token);
	free(s->origin);
	nv_free(s->props);
	nv_free(s->expect);
	nv_free(s->state);
}

bool step_is_transfer(const struct step *s)
{
	return s->kind->shape == SHAPE_STREAM;
}
