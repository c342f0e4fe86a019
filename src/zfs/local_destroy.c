#include "zfs/local_destroy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_guid.h"
#include "zfs/local_way.h"
#include "zfs/parse_way.h"
#include "zfs/program.h"

/* Looks at all of `snaps` (name -> GUID, 0: any), and destroys them if every one of them can be and is meant, or is gone
 * already. Gives back name -> errno of those that stand in the way. */
static const char program[] =
    "args = ...\n"
    "errors = {}\n"
    "stands = false\n"
    "for name, guid in pairs(args['snaps']) do\n"
    "  e = 0\n"
    "  if zfs.exists(name) then\n"
    "    e = zfs.check.destroy(name)\n"
    "    if guid ~= 0 and zfs.get_prop(name, 'guid') ~= guid then e = args['differs'] end\n"
    "  end\n"
    "  if e ~= 0 then\n"
    "    errors[name] = e\n"
    "    stands = true\n"
    "  end\n"
    "end\n"
    "if stands or not args['act'] then return errors end\n"
    "for name, guid in pairs(args['snaps']) do\n"
    "  if zfs.exists(name) then\n"
    "    e = zfs.sync.destroy(name)\n"
    "    if e ~= 0 then errors[name] = e end\n"
    "  end\n"
    "end\n"
    "return errors\n";

/* The snapshots of one dataset that are to go. */
struct set {
	struct local *l;
	char **names;
	uint64_t *guids;
	size_t n;
	bool some;        /* some have gone already */
	nvlist_t *errors; /* name -> errno */
};

/* Snapshots first .. first + n - 1. `act`: destroys them, else only looks. False: this user may not ask so. */
static bool run_program(struct set *s, size_t first, size_t n, bool act)
{
	char *pool = name_pool(s->names[first]);
	nvlist_t *args = nv_new(), *snaps = nv_new(), *out = NULL;

	for (size_t i = first; i < first + n; i++)
		nv_add_i64(snaps, s->names[i], (int64_t)s->guids[i]);
	nv_add_nv(args, "snaps", snaps);
	nv_add_i64(args, "differs", SET_NOT_SO);
	if (act)
		nv_add_i64(args, "act", 1); /* a program takes no flags */
	int rc = act ? lzc_channel_program(pool, program, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY,
					   args, &out)
		     : lzc_channel_program_nosync(pool, program, PROGRAM_INSTRUCTIONS,
						  PROGRAM_MEMORY, args, &out);
	nv_each(rc == 0 ? nv_nv(out, ZCP_RET_RETURN) : NULL, p) {
		int64_t code = EIO;
		(void)nvpair_value_int64(p, &code);
		nv_add_i32(s->errors, nvpair_name(p), (int32_t)code);
	}
	if (rc != 0 && rc != EPERM)
		nv_add_i32(s->errors, s->names[first], rc);
	nv_free(out);
	nv_free(snaps);
	nv_free(args);
	free(pool);
	return rc != EPERM;
}

/* The same without a program. Only this unmounts a snapshot that somebody looks into. ZFS destroys all of them or none,
 * too; what has which name, it does not ask. */
static void run_call(struct set *s, size_t first, size_t n)
{
	nvlist_t *nv = nv_new(), *errs = NULL, *other = nv_new(), *wanted = nv_new();

	for (size_t i = first; i < first + n; i++) {
		nv_add_flag(nv, s->names[i]);
		if (s->guids[i] != 0)
			nv_add_u64(wanted, s->names[i], s->guids[i]);
	}
	struct err *e = guid_check(s->l, s->names + first, n, wanted, "destroy", other);
	if (e != NULL)
		nv_add_i32(s->errors, s->names[first], e->code != 0 ? e->code : EIO);
	nv_each(nv_nv(other, "errors"), p)
		nv_add_i32(s->errors, nvpair_name(p), SET_NOT_SO);
	err_free(e);
	int rc = nv_empty(s->errors) ? lzc_destroy_snaps(nv, B_FALSE, &errs) : 0;
	nv_each(errs, p) {
		int32_t code = 0;
		if (nvpair_value_int32(p, &code) == 0 && code != 0 && code != ENOENT)
			nv_add_i32(s->errors, nvpair_name(p), code);
	}
	if (rc != 0 && rc != ENOENT && rc != ESRCH && nv_empty(s->errors))
		nv_add_i32(s->errors, s->names[first], rc);
	nvlist_free(errs);
	nv_free(wanted);
	nv_free(other);
	nv_free(nv);
}

static int32_t code_of(const nvlist_t *errors, const char *name)
{
	int32_t code = 0;

	(void)nvlist_lookup_int32((nvlist_t *)(uintptr_t)errors, name, &code);
	return code;
}

/* Is all that is in the way busy: held, or mounted by who looks into .zfs? */
static bool only_busy(const nvlist_t *errors)
{
	nv_each(errors, p)
		if (code_of(errors, nvpair_name(p)) != EBUSY)
			return false;
	return !nv_empty(errors);
}

static void destroy_some(struct set *s, size_t first, size_t n)
{
	bool asked = run_program(s, first, n, true);

	if (asked && only_busy(s->errors)) {
		nv_free(s->errors);
		s->errors = nv_new();
		asked = false;
	}
	if (!asked)
		run_call(s, first, n);
	s->some = s->some || nv_empty(s->errors);
}

/* More than one transaction takes: that nothing is in the way of the last of them is known before the first. */
static void destroy_set(struct set *s)
{
	for (size_t i = 0; i < s->n && s->n > DESTROY_AT_ONCE && nv_empty(s->errors);
	     i += DESTROY_AT_ONCE)
		(void)run_program(s, i, s->n - i < DESTROY_AT_ONCE ? s->n - i : DESTROY_AT_ONCE,
				  false);
	if (only_busy(s->errors)) { /* perhaps because somebody looks into them */
		nv_free(s->errors);
		s->errors = nv_new();
	}
	for (size_t i = 0; i < s->n && nv_empty(s->errors) && !local_is_given_up();
	     i += DESTROY_AT_ONCE)
		destroy_some(s, i, s->n - i < DESTROY_AT_ONCE ? s->n - i : DESTROY_AT_ONCE);
}

/* --- what is said of it --- */

static void clones_of(struct local *l, const char *snap, struct strv *clones)
{
	char *argv[] = {"zfs", "get", "-Hp", "-o", "value", "clones", (char *)(uintptr_t)snap,
			NULL};
	struct buf out = {0}, said = {0};
	bool failed = false;

	err_free(local_zfs(l, argv, &out, &said, &failed));
	if (!failed && out.data != NULL) {
		out.data[strcspn(out.data, "\n")] = '\0';
		(void)parse_clones(out.data, clones);
	}
	buf_free(&out);
	buf_free(&said);
}

static void add_names(struct buf *to, const char *front, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		buf_addf(to, "%s%s", i == 0 ? front : ", ", names->items[i]);
}

/* What keeps one snapshot; it has come since all was looked at. */
static void say_one(struct local *l, const char *snap, int code, struct buf *to)
{
	struct strv names = {0};

	if (code == EEXIST)
		clones_of(l, snap, &names);
	else if (code == EBUSY)
		local_way_holders(snap, NULL, &names);
	struct err *e = code == SET_NOT_SO ? guid_differs(l, "destroy", snap)
					   : local_error(l, code, "destroy", snap);
	buf_addf(to, "%s", to->len > 0 ? "; " : "");
	if (names.n > 0 && code == EEXIST)
		buf_addf(to, "%s has a clone", snap);
	else if (names.n > 0)
		buf_addf(to, "%s is held", snap);
	else
		buf_addf(to, "%s", e->what);
	add_names(to, " (", &names);
	buf_addf(to, "%s", names.n > 0 ? ")" : "");
	err_free(e);
	strv_free(&names);
}

/* So many reasons are told. */
#define TOLD 5u

static struct err *why(const struct set *s)
{
	char *dataset = name_dataset(s->names[0]);
	struct buf what = {0};
	size_t n = 0;
	int first = 0;

	nv_each(s->errors, p) {
		int code = code_of(s->errors, nvpair_name(p));
		first = first != 0 ? first : code;
		if (n++ < TOLD)
			say_one(s->l, nvpair_name(p), code, &what);
	}
	if (n > TOLD)
		buf_addf(&what, "; and %zu more", n - TOLD);
	struct err *e = err_refuse(
	    REASON_HELD, "%s on %s does not go back: %s; %s", dataset, s->l->host, what.data,
	    s->some ? "of its newer snapshots, some are destroyed" : "nothing of it was destroyed");
	e->code = first;
	err_remedy(e, "run the same command again: it says what to do about each");
	buf_free(&what);
	free(dataset);
	return e;
}

/* --- the operations --- */

void local_destroy_together(struct local *l, char *const *names, const uint64_t *guids, size_t n,
			    nvlist_t *result)
{
	bool *taken = mem_zalloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(names[i], "@") + 1;
		if (taken[i])
			continue;
		struct set s = {.l = l, .errors = nv_new()};
		s.names = mem_array(NULL, n - i, sizeof(char *));
		s.guids = mem_array(NULL, n - i, sizeof(uint64_t));
		for (size_t k = i; k < n; k++) {
			if (taken[k] || strncmp(names[k], names[i], len) != 0)
				continue;
			taken[k] = true;
			s.names[s.n] = names[k];
			s.guids[s.n++] = guids != NULL ? guids[k] : 0;
		}
		destroy_set(&s);
		struct err *e = !nv_empty(s.errors) ? why(&s) : NULL;
		for (size_t k = 0; k < s.n && e != NULL; k++)
			local_add_error(result, s.names[k], err_copy(e));
		err_free(e);
		nv_free(s.errors);
		free(s.names);
		free(s.guids);
	}
	free(taken);
}
