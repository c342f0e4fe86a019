#include "zfs/local_destroy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_batch.h"
#include "zfs/local_empty.h"
#include "zfs/local_expect.h"
#include "zfs/local_guid.h"
#include "zfs/local_way.h"
#include "zfs/parse_way.h"
#include "zfs/program.h"

/* Destroys each of `snaps` (name -> GUID, 0: any) that there is and that is meant, and whose dataset is as `state` says; with
 * `together` all or nothing, and with `look` nothing. Gives back name -> errno of those that stand in the way. */
static const char program[] =
    STATE_PROGRAM "args = ...\n"
		  "errors = {}\n"
		  "touched = {}\n"
		  "stands = false\n"
		  "for name, want in pairs(args['state']) do\n"
		  "  touched[name] = state_differs(name, want)\n"
		  "end\n"
		  "function why_not(name, guid)\n"
		  "  dataset = string.sub(name, 1, string.find(name, '@', 1, true) - 1)\n"
		  "  if touched[dataset] ~= nil then return args['differs'] end\n"
		  "  if not zfs.exists(name) then return 0 end\n"
		  "  if guid ~= 0 and zfs.get_prop(name, 'guid') ~= guid then\n"
		  "    return args['differs']\n"
		  "  end\n"
		  "  if args['together'] ~= nil then return zfs.check.destroy(name) end\n"
		  "  return 0\n"
		  "end\n"
		  "for name, guid in pairs(args['snaps']) do\n"
		  "  e = why_not(name, guid)\n"
		  "  if e ~= 0 then\n"
		  "    errors[name] = e\n"
		  "    stands = true\n"
		  "  end\n"
		  "end\n"
		  "if args['look'] ~= nil then return errors end\n"
		  "if args['together'] ~= nil and stands then return errors end\n"
		  "for name, guid in pairs(args['snaps']) do\n"
		  "  if errors[name] == nil and zfs.exists(name) then\n"
		  "    e = zfs.sync.destroy(name)\n"
		  "    if e ~= 0 then errors[name] = e end\n"
		  "  end\n"
		  "end\n"
		  "return errors\n";

enum how { EACH, TOGETHER, LOOK };

/* The errno: EPERM where this user may not ask so. What is said of each is added to errs. */
static int run_program(const struct batch *b, char *const *snaps, size_t n, enum how how,
		       nvlist_t *errs)
{
	char *pool = name_pool(snaps[0]);
	nvlist_t *args = nv_new(), *all = nv_new(), *out = NULL;

	for (size_t i = 0; i < n; i++)
		nv_add_i64(all, snaps[i], (int64_t)nv_u64(b->guids, snaps[i], 0));
	nv_add_nv(args, "snaps", all);
	nv_add_i64(args, "differs", SET_NOT_SO);
	if (how != EACH) /* a program takes no flags */
		nv_add_i64(args, "together", 1);
	if (how == LOOK)
		nv_add_i64(args, "look", 1);
	state_args(b->state, pool, args);
	int rc = how != LOOK ? lzc_channel_program(pool, program, PROGRAM_INSTRUCTIONS,
						   PROGRAM_MEMORY, args, &out)
			     : lzc_channel_program_nosync(pool, program, PROGRAM_INSTRUCTIONS,
							  PROGRAM_MEMORY, args, &out);
	nv_each(rc == 0 ? nv_nv(out, ZCP_RET_RETURN) : NULL, p) {
		int64_t code = EIO;
		(void)nvpair_value_int64(p, &code);
		nv_add_i32(errs, nvpair_name(p), (int32_t)code);
	}
	nv_free(out);
	nv_free(all);
	nv_free(args);
	free(pool);
	return rc;
}

static int run_call(char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	for (size_t i = 0; i < n; i++)
		nv_add_flag(nv, snaps[i]);
	int rc = lzc_destroy_snaps(nv, B_FALSE, errs);
	nv_free(nv);
	return rc;
}

static int32_t code_of(const nvlist_t *errors, const char *name)
{
	int32_t code = 0;

	(void)nvlist_lookup_int32((nvlist_t *)(uintptr_t)errors, name, &code);
	return code;
}

/* --- each by itself --- */

/* What the program could not destroy: a snapshot that somebody looks into is mounted, and only this unmounts it. */
static int destroy_mounted(const struct batch *b, char *snap)
{
	struct err *e = guid_check_one(b->local, snap, nv_u64(b->guids, snap, 0), b->doing);
	int rc = e == NULL ? run_call(&snap, 1, NULL) : e->code;

	err_free(e);
	return rc;
}

/* The GUIDs are compared where they cannot change any more. Who is not root has had them compared right before. */
static int destroy_each(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	*errs = nv_new();
	int rc = run_program(b, snaps, n, EACH, *errs);
	for (size_t i = 0; i < n; i++)
		if (code_of(*errs, snaps[i]) == EBUSY)
			nv_add_i32(*errs, snaps[i], destroy_mounted(b, snaps[i]));
	if (rc != EPERM)
		return rc;
	if (b->state != NULL && empty_is_touched(b->local, snaps, n, b->state, *errs))
		return SET_NOT_SO;
	nv_free(*errs);
	*errs = NULL;
	rc = batch_still_named(b, snaps, n, errs);
	return rc != 0 ? rc : run_call(snaps, n, errs);
}

/* --- all of a dataset, or nothing of it --- */

struct set {
	const struct batch *b;
	char **names;
	size_t n;
	bool some;        /* some have gone already */
	nvlist_t *errors; /* name -> errno */
};

/* Is all that is in the way busy: held, or mounted by who looks into .zfs? */
static bool only_busy(const nvlist_t *errors)
{
	nv_each(errors, p)
		if (code_of(errors, nvpair_name(p)) != EBUSY)
			return false;
	return !nv_empty(errors);
}

/* Without a program. Only this unmounts a snapshot that somebody looks into. ZFS destroys all of them or none, too; what
 * has which name, it does not ask. */
static void call_some(struct set *s, size_t first, size_t n)
{
	nvlist_t *errs = NULL;
	int rc = batch_still_named(s->b, s->names + first, n, &errs);

	if (rc == 0)
		rc = run_call(s->names + first, n, &errs);
	nv_each(errs, p) {
		int32_t code = 0;
		if (nvpair_value_int32(p, &code) == 0 && code != 0 && !batch_gone_already(code))
			nv_add_i32(s->errors, nvpair_name(p), code);
	}
	if (rc != 0 && !batch_gone_already(rc) && nv_empty(s->errors))
		nv_add_i32(s->errors, s->names[first], rc);
	nvlist_free(errs);
}

static void forget_busy(struct set *s)
{
	nv_free(s->errors);
	s->errors = nv_new();
}

static void destroy_some(struct set *s, size_t first, size_t n, enum how how)
{
	int rc = run_program(s->b, s->names + first, n, how, s->errors);

	if (rc != 0 && rc != EPERM)
		nv_add_i32(s->errors, s->names[first], rc);
	if (how == LOOK)
		return;
	if (rc == EPERM || only_busy(s->errors)) {
		forget_busy(s);
		call_some(s, first, n);
	}
	s->some = s->some || nv_empty(s->errors);
}

/* More than one transaction takes: that nothing is in the way of the last of them is known before the first. */
static void destroy_set(struct set *s)
{
	for (int how = s->n > DESTROY_AT_ONCE ? LOOK : TOGETHER; how != EACH;
	     how = how == LOOK ? TOGETHER : EACH) {
		for (size_t i = 0; i < s->n && nv_empty(s->errors); i += DESTROY_AT_ONCE) {
			size_t n = s->n - i < DESTROY_AT_ONCE ? s->n - i : DESTROY_AT_ONCE;
			if (!local_goes_on(s->b->local, s->b->doing, s->names + i, s->n - i,
					   s->b->result))
				return;
			destroy_some(s, i, n, (enum how)how);
		}
		if (how == LOOK &&
		    only_busy(s->errors)) /* perhaps because somebody looks into them */
			forget_busy(s);
	}
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
	for (size_t i = 0; i < names->n && i < WAY_NAMED; i++)
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
			say_one(s->b->local, nvpair_name(p), code, &what);
	}
	if (n > TOLD)
		buf_addf(&what, "; and %zu more", n - TOLD);
	struct err *e = err_refuse(
	    REASON_HELD, "%s on %s does not go back: %s; %s", dataset, s->b->local->host, what.data,
	    s->some ? "of its newer snapshots, some are destroyed" : "nothing of it was destroyed");
	e->code = first;
	err_remedy(e, "run the same command again: it says what to do about each");
	buf_free(&what);
	free(dataset);
	return e;
}

/* --- the operation --- */

static void destroy_together(const struct batch *b, char *const *names, size_t n)
{
	bool *taken = mem_zalloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(names[i], "@") + 1;
		if (taken[i])
			continue;
		struct set s = {.b = b, .errors = nv_new()};
		s.names = mem_array(NULL, n - i, sizeof(char *));
		for (size_t k = i; k < n; k++) {
			if (taken[k] || strncmp(names[k], names[i], len) != 0)
				continue;
			taken[k] = true;
			s.names[s.n++] = names[k];
		}
		destroy_set(&s);
		struct err *e = !nv_empty(s.errors) ? why(&s) : NULL;
		for (size_t k = 0; k < s.n && e != NULL; k++)
			local_add_error(b->result, s.names[k], err_copy(e));
		err_free(e);
		nv_free(s.errors);
		free(s.names);
	}
	free(taken);
}

/* The origin of a clone stays, like one that is held: what a rejoin has kept aside is such a clone. */
static bool gone_or_cloned(int code)
{
	return batch_gone_already(code) || code == EEXIST;
}

/* The last guard before data goes: what is not zrep's own by its name needs to be meant. */
struct err *local_destroy(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	bool foreign = nv_flag(args, "foreign"), cascaded = nv_flag(args, "relayed");
	char other[NAME_TAG_MAX + 1];
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "destroy",
			  .fn = destroy_each,
			  .harmless =
			      nv_flag(args, "together") ? batch_gone_already : gone_or_cloned,
			  .at_once = DESTROY_AT_ONCE,
			  .state = nv_nv(args, "state")};
	struct name_seq seq;
	char **names;
	size_t n;
	struct err *e = batch_tag(args, &b.tag);

	if (e != NULL || (e = local_names(args, "snaps", true, &names, &n)) != NULL)
		return e;
	for (size_t i = 0; i < n && !foreign; i++)
		if (!name_parse_seq(name_snap_part(names[i]), b.tag, &seq) &&
		    !(cascaded && name_seq_tag(name_snap_part(names[i]), other)))
			return err_refuse(REASON_INVARIANT,
					  "%s on %s is not zrep's: it will not be destroyed",
					  names[i], l->host);
	if (b.state != NULL &&
	    ((e = state_check(b.state)) != NULL || (e = empty_check(l, names, n, result)) != NULL))
		return e;
	/* What has to be so is looked at in the transaction of the batch, which goes or stays as a whole as well. */
	if (b.state != NULL || !nv_flag(args, "together"))
		return batch_run_snaps(&b, args);
	b.guids = batch_guids(args, names, n);
	destroy_together(&b, names, n);
	nv_free(b.guids);
	return NULL;
}
