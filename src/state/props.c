#include "state/props.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '%' && c != ',';
}

static int hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Only what props_print() writes: one text for one meaning. NULL for all else. */
static char *decode(const char *text, size_t len)
{
	struct buf out = {0};

	buf_add(&out, "", 0);
	for (size_t i = 0; i < len; i++) {
		int high = text[i] == '%' && i + 2 < len ? hex(text[i + 1]) : -1;
		int low = high >= 0 ? hex(text[i + 2]) : -1;
		char c = low >= 0 ? (char)(high * 16 + low) : text[i];
		if (low >= 0 ? c == '\0' || is_plain(c) : !is_plain(c)) {
			buf_free(&out);
			return NULL;
		}
		buf_add(&out, &c, 1);
		i += low >= 0 ? 2 : 0;
	}
	return out.data;
}

static bool parse_item(nvlist_t *props, const char *item, size_t len)
{
	const char *equals = memchr(item, '=', len);
	bool drop = len > 0 && item[0] == '-';
	size_t n = drop || equals == NULL ? len : (size_t)(equals - item);
	char *name = str_fmt("%.*s", (int)(n - drop), item + drop);
	char *value = drop || equals == NULL ? NULL : decode(equals + 1, len - n - 1);
	bool ok = name_is_prop(name) && (drop || value != NULL) && nv_str(props, name) == NULL &&
		  !nv_flag(props, name);

	if (ok && drop)
		nv_add_flag(props, name);
	else if (ok)
		nv_add_str(props, name, value);
	free(name);
	free(value);
	return ok;
}

nvlist_t *props_parse(const char *text)
{
	nvlist_t *props = nv_new();
	bool ok = strlen(text) <= PROPS_TEXT_MAX;

	while (ok && *text != '\0') {
		size_t n = strcspn(text, ",");
		ok = parse_item(props, text, n) && strcmp(text + n, ",") != 0;
		text += n + (text[n] == ',');
	}
	if (ok)
		return props;
	nv_free(props);
	return NULL;
}

/* The next name behind `last`: an nvlist keeps no promise about its order. NULL at the end. */
static const char *next_name(const nvlist_t *props, const char *last)
{
	const char *next = NULL;

	nv_each(props, p)
		if (strcmp(nvpair_name(p), last) > 0 &&
		    (next == NULL || strcmp(nvpair_name(p), next) < 0))
			next = nvpair_name(p);
	return next;
}

char *props_print(const nvlist_t *props)
{
	struct buf out = {0};

	buf_add(&out, "", 0);
	for (const char *name = next_name(props, ""); name != NULL; name = next_name(props, name)) {
		const char *value = nv_str(props, name);
		buf_addf(&out, "%s%s%s%s", out.len > 0 ? "," : "", value == NULL ? "-" : "", name,
			 value != NULL ? "=" : "");
		for (; value != NULL && *value != '\0'; value++)
			buf_addf(&out, is_plain(*value) ? "%c" : "%%%02X", (unsigned char)*value);
	}
	return out.data;
}

struct err *props_set(nvlist_t *props, const char *text)
{
	const char *equals = strchr(text, '=');
	char *name = str_fmt("%.*s", (int)strcspn(text, "="), text);
	struct err *e = NULL;

	if (equals == NULL || !name_is_prop(name))
		e = err_new(ERR_USAGE, "-o wants PROPERTY=VALUE, not \"%.100s\"", text);
	for (const char *c = equals; e == NULL && *c != '\0'; c++)
		if (iscntrl((unsigned char)*c)) /* it would not come back out of a listing */
			e = err_new(ERR_USAGE, "the value of %.100s has a control character in it",
				    name);
	if (e == NULL) {
		nv_remove(props, name);
		nv_add_str(props, name, equals + 1);
	}
	free(name);
	return e;
}

struct err *props_drop(nvlist_t *props, const char *text)
{
	if (!name_is_prop(text))
		return err_new(ERR_USAGE, "-x wants the name of a property, not \"%.100s\"", text);
	nv_remove(props, text);
	nv_add_flag(props, text);
	return NULL;
}

void props_merge(nvlist_t *props, const nvlist_t *more)
{
	nv_each(more, p) {
		const char *name = nvpair_name(p), *value = nv_str(more, name);
		nv_remove(props, name);
		if (value != NULL)
			nv_add_str(props, name, value);
		else
			nv_add_flag(props, name);
	}
}

bool props_same(const nvlist_t *a, const nvlist_t *b)
{
	char *x = props_print(a), *y = props_print(b);
	bool same = strcmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}
