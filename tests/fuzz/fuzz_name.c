/* Names, numbers, settings and T:keep, as they come from a command line, a peer, `zfs` or a file. */
#include "engine/settings.h"
#include "fuzz.h"
#include "state/foreign.h"
#include "state/history.h"
#include "state/retention_spec.h"
#include "util/buf.h"
#include "state/props.h"
#include "util/config.h"
#include "util/name.h"
#include "util/num.h"

static void datasets(const char *s)
{
	struct err *e = name_check_dataset(s);

	PROMISE((e == NULL) == name_is_dataset(s));
	if (e == NULL) {
		PROMISE(s[0] != '-' && strlen(s) <= NAME_DATASET_MAX);
		PROMISE(strpbrk(s, "@#\n\t'\"$;&|") == NULL);
		PROMISE(name_pool_len(s) > 0 && name_within(s, s) && !name_is_snapshot(s));
	}
	err_free(e);
	if (name_is_snapshot(s)) {
		PROMISE(s[0] != '-' && strlen(s) <= NAME_DATASET_MAX);
		PROMISE(*name_snap_part(s) != '\0' && strpbrk(s, "#\n\t'\"$;&|") == NULL);
	}
}

static void hosts_and_tags(const char *s, const char *t)
{
	struct err *e = name_check_host(s);

	PROMISE(e != NULL ||
		(s[0] != '-' && strstr(s, "@-") == NULL && strpbrk(s, " \n\t'\"$;&|`") == NULL));
	err_free(e);
	PROMISE(name_same_host(s, t) == name_same_host(t, s));
	PROMISE(name_same_host(s, s));
	e = name_check_tag(s);
	PROMISE(e != NULL || (s[0] != '-' && strlen(s) <= 32 && strpbrk(s, ":@/ \n") == NULL));
	err_free(e);
}

/* A number that was read from a name gives a name that is read as that number. */
static void sequence(const char *s)
{
	struct name_seq seq, again;

	if (!name_parse_seq(s, "zrep", &seq))
		return;
	char *name = name_seq("zrep", seq.number);
	PROMISE(name_parse_seq(name, "zrep", &again) && again.number == seq.number &&
		!again.unsent);
	free(name);
}

static void numbers(const char *s)
{
	char text[NUM_TEXT];
	uint64_t v;

	if (num_parse_u64(s, &v) || num_parse_hex(s, &v)) {
		PROMISE(strlen(num_bytes(text, v)) < NUM_TEXT);
		PROMISE(strlen(num_seconds(text, v)) < NUM_TEXT);
		PROMISE(strlen(num_time(text, v)) < NUM_TEXT);
	}
	if (num_parse_bytes(s, &v)) {
		PROMISE(*s >= '0' && *s <= '9' && strlen(s) < NUM_TEXT);
		PROMISE(strlen(num_bytes(text, v)) < NUM_TEXT);
	}
}

static void setting(void *ctx, const char *key, const char *value)
{
	size_t *n = ctx;

	PROMISE(*key != '\0' && strpbrk(key, " =\n\t'\"$") == NULL && strchr(value, '\n') == NULL);
	(*n)++;
}

/* All of a file, or nothing. */
static void settings(const char *s)
{
	size_t n = 0;
	struct err *e = config_parse(s, setting, &n);

	PROMISE(e == NULL || n == 0);
	err_free(e);
}

/* What was read can be said again; the wrong says nothing. Periods follow each other. */
static void foreign(const char *s)
{
	struct foreign_keep k;
	bool list = foreign_check(s);

	(void)foreign_goes(s, "auto-1");
	PROMISE(list || foreign_goes(s, "auto-1"));
	PROMISE(foreign_keep_parse(s, &k) || (k.kind == FOREIGN_KEEP_ALL && k.n == 0));
}

static void keep(const char *s)
{
	struct retention k, again;
	struct buf said = {0};
	uint64_t t;

	bool ok = retention_parse(s, &k);
	for (int unit = 0; unit < KEEP_UNITS; unit++) {
		PROMISE(k.n[unit] <= (ok ? KEEP_MAX : 0));
		if (k.n[unit] != 0)
			buf_addf(&said, " %u%c", k.n[unit], "hdwmy"[unit]);
	}
	PROMISE(retention_parse(buf_str(&said), &again) == ok &&
		memcmp(&k, &again, sizeof(k)) == 0);
	buf_free(&said);
	if (!num_parse_u64(s, &t) || t == 0)
		return;
	for (int unit = 0; unit < KEEP_UNITS; unit++) {
		uint64_t n = retention_period(unit, t), before = retention_period(unit, t - 1);
		PROMISE(n == before || n == before + 1);
	}
}

/* Nothing but what the sender knows, each once. */
static void sending_flags(const char *s)
{
	char letters[SEND_FLAGS_MAX] = "";
	struct err *e = settings_send_flags(s, letters);

	PROMISE(strlen(letters) < SEND_FLAGS_MAX && strspn(letters, "Lecw") == strlen(letters));
	err_free(e);
}

/* One text for one meaning, and a command line that is taken can be stored. */
static void props(const char *s)
{
	nvlist_t *nv = props_parse(s);

	if (nv != NULL) {
		char *text = props_print(nv);
		nvlist_t *again = props_parse(text);
		PROMISE(again != NULL && props_same(nv, again) && strlen(text) == strlen(s));
		nv_each(nv, p)
			PROMISE(name_is_prop(nvpair_name(p)));
		nv_free(again);
		free(text);
		nv_free(nv);
	}
	nv = nv_new();
	struct err *e = props_set(nv, s), *f = props_drop(nv, s);
	char *text = props_print(nv);
	nvlist_t *again = props_parse(text);
	PROMISE(strlen(text) > PROPS_TEXT_MAX || (again != NULL && props_same(nv, again)));
	nv_free(again);
	free(text);
	err_free(e);
	err_free(f);
	nv_free(nv);
}

/* What is kept of it is bounded, can be read again, and joins to itself whichever comes first. */
static void history(const char *s, const char *t)
{
	char *a = history_join(s, t), *b = history_join(t, s), *again = history_join(a, a);

	PROMISE((a == NULL) == (b == NULL) && (a == NULL) == (again == NULL));
	PROMISE(a == NULL || (strcmp(a, b) == 0 && strcmp(a, again) == 0));
	PROMISE(a == NULL || (strlen(a) <= HISTORY_TEXT_MAX && strpbrk(a, "\n\t") == NULL));
	free(a);
	free(b);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_text(data, size), *t = fuzz_text(data + size / 2, size - size / 2);

	datasets(s);
	hosts_and_tags(s, t);
	sequence(s);
	numbers(s);
	settings(s);
	props(s);
	history(s, t);
	keep(s);
	foreign(s);
	sending_flags(s);
	free(s);
	free(t);
	return 0;
}
