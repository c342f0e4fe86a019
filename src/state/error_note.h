/* T:error, the note of the last failure on a dataset: "TIME REASON text" ("TIME text" of an older zrep, and anything at
 * all of whoever may set properties). */
#ifndef ZREP_STATE_ERROR_NOTE_H
#define ZREP_STATE_ERROR_NOTE_H

#include <stdint.h>

#include "util/err.h"

/* Bytes of `what` that are stored. */
#define ERROR_NOTE_WHAT 500

struct error_note {
	uint64_t time; /* Unix time; 0: not said */
	enum err_reason reason;
	const char *text; /* a part of what was parsed */
};

/* Never fails: text that is nothing of the kind is all `text`. */
struct error_note error_note_parse(const char *stored);

/* Does such a note say that another master was found, of a later epoch or of the same: REASON_SUPERSEDED, REASON_SPLIT_BRAIN?
 * Else REASON_NONE. NULL is fine. */
enum err_reason error_note_led(const char *stored);

/* What is stored of e at that time. The caller frees. */
char *error_note_print(const struct err *e, uint64_t now);

/* On the root of a tree, of a dataset below it that has no note of its own, as it is no pair: text of the reason LEFT_OUT
 * names it first. The caller frees. */
char *left_out_text(const char *name, const char *why);
/* What is stored of such a text. The caller frees. */
char *left_out_note(const char *text, uint64_t now);
/* The dataset that such a text names; NULL: none below `root`. The caller frees. */
char *left_out_name(const char *text, const char *root);

#endif
