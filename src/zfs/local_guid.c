#include "zfs/local_guid.h"

#include <stdlib.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/num.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/ops.h"
#include "zfs/parse_line.h"
#include "zfs/program.h"

static const char program[] =
    "found = {}\n"
    "for i, name in ipairs((...)['names']) do\n"
    "  if zfs.exists(name) then found[name] = zfs.get_prop(name, 'guid') end\n"
    "end\n"
    "return found\n";

static void answer(void *ctx, const nvlist_t *found)
{
	nv_each(found, p) {
		int64_t guid; /* Lua's numbers have a sign */
		if (nvpair_value_int64(p, &guid) == 0)
			nv_add_u64(ctx, nvpair_name(p), (uint64_t)guid);
	}
}

static struct err *run_zfs(struct local *l, char *const *names, size_t n, nvlist_t *out)
{
	struct strv argv = {0};
	struct buf said = {0};

	strv_split(&argv, "zfs get -Hp -o name,value guid");
	struct err *e = local_listing_of(l, &argv, names, n, &said);
	char *copy = mem_strdup(buf_str(&said)), *rest = copy, *line;
	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		char *f[2];
		uint64_t guid;
		if (!parse_split(line, f, 2) || !num_parse_u64(f[1], &guid))
			e = err_wrap(parse_unexpected("get", line), "%s", l->host);
		else
			nv_add_u64(out, f[0], guid);
	}
	free(copy);
	buf_free(&said);
	return e;
}

struct err *guid_read(struct local *l, char *const *names, size_t n, nvlist_t *out)
{
	const struct program_question q = {
	    .text = program, .at_once = 1000, .answer = answer, .ctx = out};

	return program_ask(&q, names, n) ? NULL : run_zfs(l, names, n, out);
}

struct err *guid_differs(struct local *l, const char *doing, const char *name)
{
	struct err *e =
	    err_refuse(REASON_WITHDRAWN,
		       "cannot %s %s on %s: something else has that name now; it is left as it is",
		       doing, name, l->host);

	e->code = SET_NOT_SO;
	return err_remedy(e, "find out who replaced it on %s, then run the same command again",
			  l->host);
}

struct err *guid_check(struct local *l, char *const *names, size_t n, const nvlist_t *wanted,
		       const char *doing, nvlist_t *result)
{
	struct strv asked = {0};
	nvlist_t *found = nv_new();

	for (size_t i = 0; i < n; i++)
		if (nv_u64(wanted, names[i], 0) != 0)
			strv_add(&asked, names[i]);
	struct err *e = asked.n > 0 ? guid_read(l, asked.items, asked.n, found) : NULL;
	for (size_t i = 0; e == NULL && i < asked.n; i++) {
		uint64_t is = nv_u64(found, asked.items[i], 0);
		if (is != 0 && is != nv_u64(wanted, asked.items[i], 0))
			local_add_error(result, asked.items[i],
					guid_differs(l, doing, asked.items[i]));
	}
	nv_free(found);
	strv_free(&asked);
	return e;
}

struct err *guid_check_one(struct local *l, const char *name, uint64_t wanted, const char *doing)
{
	char *names[] = {(char *)(uintptr_t)name};
	nvlist_t *found = nv_new();
	struct err *e = wanted != 0 ? guid_read(l, names, 1, found) : NULL;
	uint64_t is = nv_u64(found, name, 0);

	if (e == NULL && is != 0 && is != wanted)
		e = guid_differs(l, doing, name);
	nv_free(found);
	return e;
}
