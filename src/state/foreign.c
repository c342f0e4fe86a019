#include "state/foreign.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/num.h"

#define PATTERN_MAX 255u

static bool is_pattern(const char *word)
{
	return *word != '\0' && strlen(word) <= PATTERN_MAX && strpbrk(word, "@/") == NULL;
}

bool foreign_check(const char *text)
{
	struct strv words = {0};

	strv_split(&words, text);
	bool ok = words.n > 0;
	for (size_t i = 0; i < words.n; i++) {
		bool alone =
		    strcmp(words.items[i], "all") == 0 || strcmp(words.items[i], "none") == 0;
		ok = ok && is_pattern(words.items[i]) && (!alone || words.n == 1);
	}
	strv_free(&words);
	return ok;
}

bool foreign_goes(const char *text, const char *snap)
{
	struct strv words = {0};
	bool goes = false;

	if (text == NULL || strcmp(text, "all") == 0 || !foreign_check(text))
		return true;
	strv_split(&words, text);
	for (size_t i = 0; i < words.n && strcmp(text, "none") != 0; i++)
		goes = goes || fnmatch(words.items[i], snap, 0) == 0;
	strv_free(&words);
	return goes;
}

bool foreign_keep_parse(const char *text, struct foreign_keep *out)
{
	*out = (struct foreign_keep){0};
	if (text == NULL || strcmp(text, "all") == 0)
		return true;
	if (strcmp(text, "mirror") == 0) {
		out->kind = FOREIGN_KEEP_MIRROR;
		return true;
	}
	if (num_parse_u64(text, &out->n)) {
		out->kind = FOREIGN_KEEP_NEWEST;
		return true;
	}
	if (retention_parse(text, &out->age)) {
		out->kind = FOREIGN_KEEP_AGE;
		return true;
	}
	out->n = 0;
	return false;
}
