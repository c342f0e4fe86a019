#include "state/error_note.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/name.h"

struct error_note error_note_parse(const char *stored)
{
	struct error_note n = {.text = stored};
	size_t digits = strspn(stored, "0123456789");

	/* 20 digits could be more than there is room for; nobody's clock says that. */
	if (digits == 0 || digits > 19 || stored[digits] != ' ')
		return n;
	n.time = strtoull(stored, NULL, 10);
	n.text = stored + digits + 1;
	size_t len = strcspn(n.text, " ");
	if (n.text[len] != ' ')
		return n;
	n.reason = err_reason_of(n.text, len);
	if (n.reason != REASON_NONE || (len == 4 && strncmp(n.text, "none", 4) == 0))
		n.text += len + 1;
	return n;
}

enum err_reason error_note_led(const char *stored)
{
	enum err_reason why = stored != NULL ? error_note_parse(stored).reason : REASON_NONE;

	return why == REASON_SUPERSEDED || why == REASON_SPLIT_BRAIN ? why : REASON_NONE;
}

char *error_note_print(const struct err *e, uint64_t now)
{
	return str_fmt("%" PRIu64 " %s %.*s", now, err_reason_word(e->reason), ERROR_NOTE_WHAT,
		       e->what);
}

/* A name may hold ": " itself, but no quotation mark. */
char *left_out_text(const char *name, const char *why)
{
	const char *quote = strstr(name, ": ") != NULL ? "\"" : "";

	return str_fmt("%s%s%s: %s", quote, name, quote, why);
}

char *left_out_note(const char *text, uint64_t now)
{
	return str_fmt("%" PRIu64 " %s %.*s", now, err_reason_word(REASON_LEFT_OUT),
		       NAME_DATASET_MAX + ERROR_NOTE_WHAT, text);
}

char *left_out_name(const char *text, const char *root)
{
	bool quoted = *text == '"';
	const char *name = text + quoted, *end = strstr(name, quoted ? "\": " : ": ");
	size_t n = strlen(root);

	if (end == NULL || strncmp(name, root, n) != 0 || name[n] != '/')
		return NULL;
	char *found = str_fmt("%.*s", (int)(end - name), name);
	if (name_is_dataset(found))
		return found;
	free(found);
	return NULL;
}
