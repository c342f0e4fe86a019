/* Whoever finds a dataset locked can ask the owner of the lock how long ago something happened, and to go where that was
 * too long ago. No signal is sent: the owner looks for a file of its own in the run directory, ask.ID, and decides for
 * itself. ID is a number that it has drawn and written into its lock files, so that nobody else is ever meant by it. Who can
 * put a file there can take the locks as well. */
#ifndef ZREP_ZFS_LOCK_ASK_H
#define ZREP_ZFS_LOCK_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sixteen digits of hexadecimal, and a NUL. */
#define LOCK_ID_MAX 17u

bool lock_is_id(const char *text);

/* Milliseconds. How often an owner looks; how long an answer is waited for; how long an owner may take to end, before it
 * ends itself at once; and how long for that it is waited. */
#define LOCK_LOOK_MS 300u
#define LOCK_ANSWER_MS 5000u
#define LOCK_GO_MS 6000u
#define LOCK_GONE_MS 9000u

/* No owner is asked to go that has been quiet for less: it looks every two seconds whether it is well. Milliseconds. */
#define LOCK_QUIET_MIN 8000u

/* One that is no further from being quiet for long enough is waited for, and so much longer: for some seconds after its
 * ZFS has begun to hang it has data still, and says that it is well. Milliseconds. */
#define LOCK_WAIT_MS 10000u
#define LOCK_LONGER_MS 9000u

/* What somebody has for a moment only is waited for so long, and looked at so often. Milliseconds. */
#define LOCK_BRIEF_MS 10000u
#define LOCK_BRIEF_LOOK_MS 20u
/* So long for what an agent has whose zrep has ended. */
#define LOCK_LEFT_MS 3000u

/* --- texts of the file; pure functions --- */

/* Each is this long, filled up with blanks; the answer stands behind the question. */
#define LOCK_TEXT_LEN 256u

/* An older zrep has never been quiet for so long. */
#define LOCK_IF_YOU_LIKE UINT64_MAX

struct lock_question {
	uint64_t number; /* of each question another one */
	uint64_t
	    least; /* milliseconds: quiet for so long, the owner is to go; LOCK_IF_YOU_LIKE: if it gives way */
	char who[160]; /* asks; for people, printable */
};
struct lock_answer {
	uint64_t number; /* of the question */
	uint64_t quiet;  /* milliseconds since something happened */
	bool going;
};

void lock_print_question(const struct lock_question *q, char text[LOCK_TEXT_LEN]);
bool lock_parse_question(const char *text, size_t len, struct lock_question *q);
void lock_print_answer(const struct lock_answer *a, char text[LOCK_TEXT_LEN]);
bool lock_parse_answer(const char *text, size_t len, struct lock_answer *a);

/* --- of the owner --- */

struct lock_keeper;

/* What it is asked about: from a thread of the keeper's. */
struct lock_owner {
	/* Milliseconds since something happened of what it does; 0: it waits for nothing, or not for ZFS. */
	uint64_t (*quiet)(void *ctx);
	/* It has to end, and to drop its locks. Where it has not in LOCK_GO_MS, the process is ended. */
	void (*go)(void *ctx, const char *who, uint64_t quiet);
	void *ctx;
	bool
	    gives_way; /* it goes for whoever wants it to, however well it is: what it does can be gone on with later */
};

/* Answers questions for the owner `id`. NULL: no thread is to be had. */
struct lock_keeper *lock_keeper_start(const char *dir, const char *id,
				      const struct lock_owner *owner);
void lock_keeper_stop(struct lock_keeper *k);

/* --- of whoever asks --- */

/* Asks the owner `id` once. False: it has not answered; nobody may be there any more, or nobody who can. `mode`: of the
 * file, where it has to be made. */
bool lock_ask(const char *dir, unsigned mode, const char *id, uint64_t least, const char *who,
	      struct lock_answer *out);

#endif
