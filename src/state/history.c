#include "state/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/num.h"

/* The longest text of an entry has two names of 255 bytes and two hosts in it. */
#define TEXT_MAX 512u

static const char *const number_keys[HISTORY_NUMBERS] = {
    [HISTORY_EPOCH] = "epoch", [HISTORY_READONLY] = "readonly", [HISTORY_BEHIND] = "behind",
    [HISTORY_SNAPS] = "snaps", [HISTORY_BYTES] = "bytes",       [HISTORY_FORK] = "fork",
    [HISTORY_ENDED] = "ended",
};

static const char *const text_keys[HISTORY_TEXTS] = {
    [HISTORY_FROM] = "from",
    [HISTORY_TO] = "to",
    [HISTORY_BY] = "by",
    [HISTORY_KEPT] = "kept",
};

/* --- text --- */

static bool is_plain(char c)
{
	return c > ' ' && c <= '~' && strchr("%;=", c) == NULL;
}

static int hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* NULL where it is nothing that add_encoded() writes. */
static char *decode(const char *text)
{
	struct buf out = {0};

	buf_add(&out, "", 0);
	for (; *text != '\0'; text++) {
		int high = *text == '%' ? hex(text[1]) : -1, low = high >= 0 ? hex(text[2]) : -1;
		char c = low >= 0 ? (char)(high * 16 + low) : *text;
		if ((low >= 0 ? c == '\0' || is_plain(c) : !is_plain(c)) || out.len >= TEXT_MAX) {
			buf_free(&out);
			return NULL;
		}
		buf_add(&out, &c, 1);
		text += low >= 0 ? 2 : 0;
	}
	return str_clean(out.data);
}

static void add_encoded(struct buf *to, const char *text)
{
	for (; *text != '\0'; text++)
		buf_addf(to, is_plain(*text) ? "%c" : "%%%02X", (unsigned char)*text);
}

static bool is_word(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz-");

	return n > 0 && text[n] == '\0' && n < sizeof(((struct history_entry *)0)->change);
}

/* "KEY=VALUE"; a key of a later zrep's is passed over. */
static bool parse_field(struct history_entry *e, const char *word)
{
	size_t n = strcspn(word, "=");
	const char *value = word + n + 1;

	if (word[n] != '=')
		return false;
	for (size_t i = 0; i < HISTORY_NUMBERS; i++)
		if (strlen(number_keys[i]) == n && strncmp(number_keys[i], word, n) == 0)
			return !e->has[i] && (e->has[i] = num_parse_u64(value, &e->number[i]));
	for (size_t i = 0; i < HISTORY_TEXTS; i++)
		if (strlen(text_keys[i]) == n && strncmp(text_keys[i], word, n) == 0)
			return e->text[i] == NULL && (e->text[i] = decode(value)) != NULL;
	return true;
}

static bool parse_entry(const char *text, struct history_entry *e)
{
	struct strv words = {0};

	*e = (struct history_entry){0};
	strv_split(&words, text);
	bool ok =
	    words.n >= 2 && num_parse_u64(words.items[0], &e->time) && is_word(words.items[1]);
	if (ok)
		memcpy(e->change, words.items[1], strlen(words.items[1]) + 1);
	for (size_t i = 2; ok && i < words.n; i++)
		ok = parse_field(e, words.items[i]);
	strv_free(&words);
	if (!ok)
		history_entry_free(e);
	return ok;
}

static void print_entry(const struct history_entry *e, struct buf *to)
{
	buf_addf(to, "%" PRIu64 " %s", e->time, e->change);
	for (size_t i = 0; i < 2; i++) /* who, before how much */
		if (e->text[i] != NULL) {
			buf_addf(to, " %s=", text_keys[i]);
			add_encoded(to, e->text[i]);
		}
	for (size_t i = 0; i < HISTORY_NUMBERS; i++)
		if (e->has[i])
			buf_addf(to, " %s=%" PRIu64, number_keys[i], e->number[i]);
	for (size_t i = 2; i < HISTORY_TEXTS; i++)
		if (e->text[i] != NULL) {
			buf_addf(to, " %s=", text_keys[i]);
			add_encoded(to, e->text[i]);
		}
}

static char *entry_text(const struct history_entry *e)
{
	struct buf text = {0};

	print_entry(e, &text);
	return text.data;
}

struct history history_parse(const char *text)
{
	struct history h = {0};

	/* Twice as much as is ever stored is none of zrep's. */
	if (text == NULL || strlen(text) > 2 * HISTORY_TEXT_MAX)
		return h;
	while (*text != '\0') {
		size_t n = strcspn(text, ";");
		char *one = str_fmt("%.*s", (int)n, text);
		struct history_entry e;
		if (parse_entry(one, &e)) {
			history_add(&h, &e);
			history_entry_free(&e);
		}
		free(one);
		text += n + (text[n] == ';');
	}
	return h;
}

char *history_print(const struct history *h)
{
	struct buf all = {0};
	size_t first = h->n, room = HISTORY_TEXT_MAX;

	while (first > 0) {
		char *one = entry_text(&h->items[first - 1]);
		size_t n = strlen(one) + 1;
		free(one);
		if (n > room)
			break;
		room -= n;
		first--;
	}
	for (size_t i = first; i < h->n; i++) {
		if (all.len > 0)
			buf_addf(&all, ";");
		print_entry(&h->items[i], &all);
	}
	return all.data;
}

/* --- entries --- */

void history_entry_free(struct history_entry *e)
{
	for (size_t i = 0; i < HISTORY_TEXTS; i++)
		free(e->text[i]);
	*e = (struct history_entry){0};
}

void history_free(struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		history_entry_free(&h->items[i]);
	free(h->items);
	*h = (struct history){0};
}

void history_set_number(struct history_entry *e, enum history_number which, uint64_t value)
{
	e->has[which] = true;
	e->number[which] = value;
}

void history_set_text(struct history_entry *e, enum history_text which, const char *value)
{
	free(e->text[which]);
	e->text[which] = value != NULL ? mem_strdup(value) : NULL;
}

static struct history_entry copy_of(const struct history_entry *e)
{
	struct history_entry copy = *e;

	for (size_t i = 0; i < HISTORY_TEXTS; i++)
		copy.text[i] = e->text[i] != NULL ? mem_strdup(e->text[i]) : NULL;
	return copy;
}

static bool is_same_place(const struct history_entry *a, const struct history_entry *b,
			  enum history_text which)
{
	if (a->text[which] == NULL || b->text[which] == NULL)
		return a->text[which] == b->text[which];
	return strcmp(a->text[which], b->text[which]) == 0;
}

static bool is_same_change(const struct history_entry *a, const struct history_entry *b)
{
	return a->time == b->time && strcmp(a->change, b->change) == 0 &&
	       a->has[HISTORY_EPOCH] == b->has[HISTORY_EPOCH] &&
	       a->number[HISTORY_EPOCH] == b->number[HISTORY_EPOCH] &&
	       is_same_place(a, b, HISTORY_FROM) && is_same_place(a, b, HISTORY_TO);
}

/* One order for all hosts. */
static int compare(const struct history_entry *a, const struct history_entry *b)
{
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->number[HISTORY_EPOCH] != b->number[HISTORY_EPOCH])
		return a->number[HISTORY_EPOCH] < b->number[HISTORY_EPOCH] ? -1 : 1;
	char *x = entry_text(a), *y = entry_text(b);
	int c = strcmp(x, y);
	free(x);
	free(y);
	return c;
}

/* Does a say more of the change than b? */
static bool says_more(const struct history_entry *a, const struct history_entry *b)
{
	char *x = entry_text(a), *y = entry_text(b);
	size_t n = strlen(x), m = strlen(y);
	bool more = n != m ? n > m : strcmp(x, y) > 0;

	free(x);
	free(y);
	return more;
}

/* Rehearsals come each night, and a change of one epoch may be undone again and again: only the last of them is on record, or
 * what has moved the role would fall off. */
static bool is_repeated(const struct history_entry *a, const struct history_entry *b)
{
	bool undone = strcmp(a->change, HISTORY_UNDONE) == 0;

	return (undone || strcmp(a->change, HISTORY_DRILLED) == 0 ||
		strcmp(a->change, HISTORY_DRILL_FAILED) == 0) &&
	       strcmp(a->change, b->change) == 0 && is_same_place(a, b, HISTORY_TO) &&
	       (!undone || a->number[HISTORY_EPOCH] == b->number[HISTORY_EPOCH]);
}

void history_add(struct history *h, const struct history_entry *e)
{
	for (size_t i = 0; i < h->n; i++) {
		bool again = is_repeated(&h->items[i], e) && h->items[i].time != e->time;
		if (!again && !is_same_change(&h->items[i], e))
			continue;
		if (again ? h->items[i].time > e->time : !says_more(e, &h->items[i]))
			return;
		history_entry_free(&h->items[i]);
		memmove(&h->items[i], &h->items[i + 1], (h->n - i - 1) * sizeof(*h->items));
		h->n--;
		break;
	}
	size_t at = h->n;
	while (at > 0 && compare(e, &h->items[at - 1]) < 0)
		at--;
	h->items = mem_array(h->items, h->n + 1, sizeof(*h->items));
	memmove(&h->items[at + 1], &h->items[at], (h->n - at) * sizeof(*h->items));
	h->items[at] = copy_of(e);
	h->n++;
}

char *history_join(const char *a, const char *b)
{
	struct history all = history_parse(a), more = history_parse(b);

	for (size_t i = 0; i < more.n; i++)
		history_add(&all, &more.items[i]);
	char *text = history_print(&all);
	history_free(&all);
	history_free(&more);
	return text;
}

bool history_moves(const struct history_entry *e)
{
	static const char *const words[] = {HISTORY_PLANNED, HISTORY_FORCED, HISTORY_GIVEN_UP,
					    HISTORY_REJOINED};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(e->change, words[i]) == 0)
			return true;
	return false;
}
