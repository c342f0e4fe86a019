#include "state/link_mark.h"

#include <inttypes.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/num.h"

#define ID_DIGITS 16u

struct link_mark link_mark_parse(const char *text)
{
	struct link_mark m = {0};
	struct strv words = {0};

	if (text != NULL)
		strv_split(&words, text);
	bool ok = words.n == 3 && link_is_id(words.items[0]) &&
		  num_parse_hex(words.items[0], &m.nonce) &&
		  num_parse_u64(words.items[1], &m.epoch) && num_parse_u64(words.items[2], &m.time);
	strv_free(&words);
	return ok ? m : (struct link_mark){0};
}

char *link_mark_print(const struct link_mark *m)
{
	return str_fmt("%016" PRIx64 " %" PRIu64 " %" PRIu64, m->nonce, m->epoch, m->time);
}

bool link_is_id(const char *text)
{
	uint64_t n;

	return text != NULL && strlen(text) == ID_DIGITS && num_parse_hex(text, &n);
}
