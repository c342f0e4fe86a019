/* Datasets change their place: renamed, cloned, promoted. Each can be run again after a crash, because
 * it looks whether what it is to do is there already. */
#include "zfs/local_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_guid.h"
#include "zfs/local_set.h"

/* "Written" of a clone from birth, see DESIGN.md: left by the intent log in its origin. */
#define CLONE_NOISE (12u << 10)

/* The dataset that must grant it: the one above. */
static int parent_len(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? (int)(slash - name) : (int)strcspn(name, "@");
}

/* As local_error(), with the right dataset in the remedy. */
static struct err *tree_error(struct local *l, int code, const char *doing, const char *name)
{
	struct err *e = local_error(l, code, doing, name);

	if (code == EPERM || code == EACCES)
		local_allow(l, e, name, parent_len(name), NULL);
	return e;
}

static bool goes_on(struct local *l, const char *doing, const char *name, nvlist_t *result)
{
	char *names[] = {(char *)(uintptr_t)name};

	return local_goes_on(l, doing, names, 1, result);
}

/* --- rename --- */

static bool is_encrypted(struct local *l, const char *name)
{
	static const char *const props[] = {"encryption", "origin"};
	char *names[] = {(char *)(uintptr_t)name};
	nvlist_t *datasets = nv_new();

	err_free(local_get(l, props, ARRAY_LEN(props), names, 1, datasets));
	const char *value = nv_str(nv_nv(nv_nv(datasets, name), "value"), "encryption");
	bool encrypted = value != NULL && strcmp(value, "off") != 0 && strcmp(value, "-") != 0;
	nv_free(datasets);
	return encrypted;
}

/* What has the name that is wanted: nothing of it is lost under another one. */
static void make_room(struct err *e, const struct local *l, const char *name)
{
	char *room = name_make_room(name);

	err_remedy(e, "on %s, %s makes room; then run the same command again", l->host, room);
	free(room);
}

static struct err *explain_rename(struct local *l, int code, const char *from, const char *to)
{
	struct err *e;

	switch (code) {
	case EEXIST:
		e = err_new(ERR_FAILED, "cannot rename %s to %s on %s: that exists already", from,
			    to, l->host);
		make_room(e, l, to);
		break;
	case ENOENT:
		e = err_new(ERR_FAILED, "cannot rename %s to %s on %s: %s", from, to, l->host,
			    lzc_exists(from) ? "the parent of the new name does not exist"
					     : "neither of them exists");
		break;
	case EXDEV:
		e = err_new(ERR_FAILED, "cannot rename %s to %s on %s: that is another pool", from,
			    to, l->host);
		break;
	case ENAMETOOLONG:
		e = err_new(ERR_FAILED,
			    "cannot rename %s to %s on %s: a name below it would be too long", from,
			    to, l->host);
		break;
	case EACCES:
	case EPERM:
		if (!is_encrypted(l, from))
			return tree_error(l, code, "rename", from);
		e = err_new(
		    ERR_FAILED,
		    "cannot rename %s to %s on %s: permission denied, or its encryption key "
		    "would not reach there",
		    from, to, l->host);
		err_remedy(
		    e,
		    "on %s: {zfs change-key -o keyformat=passphrase %s}, with its key loaded, "
		    "gives it a key of its own",
		    l->host, from);
		break;
	default:
		return tree_error(l, code, "rename", from);
	}
	e->code = code;
	return e;
}

struct err *local_rename(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *items;
	struct err *e = local_items(args, &items);

	if (e != NULL)
		return e;
	nv_each(items, p) {
		const char *to = nv_str(nv_nv(items, nvpair_name(p)), "to");
		if (to == NULL || !name_is_dataset(to))
			return err_new(ERR_FAILED, "%s: rename to \"%.300s\", which is no name",
				       nvpair_name(p), to ? to : "");
	}
	nv_each(items, p) {
		const char *from = nvpair_name(p), *to = nv_str(nv_nv(items, from), "to");
		if (strcmp(from, to) == 0 || !goes_on(l, "rename", from, result))
			continue;
		struct err *other =
		    guid_check_one(l, from, nv_u64(nv_nv(items, from), "guid", 0), "rename");
		if (other != NULL) {
			local_add_error(result, from, other);
			continue;
		}
		int rc = lzc_rename(from, to);
		bool done = rc == ENOENT && !lzc_exists(from) && lzc_exists(to);
		if (rc != 0 && !done)
			local_add_error(result, from, explain_rename(l, rc, from, to));
	}
	return NULL;
}

/* --- clone --- */

/* `origin` of datasets that may be missing: name -> {value, source}. */
static struct err *get_origins(struct local *l, char *const *names, size_t n, nvlist_t *datasets)
{
	static const char *const props[] = {"type", "origin"};

	return local_get(l, props, ARRAY_LEN(props), names, n, datasets);
}

static const char *origin_of(const nvlist_t *datasets, const char *name)
{
	return nv_str(nv_nv(nv_nv(datasets, name), "value"), "origin");
}

/* The properties of a clone as the kernel takes them; NULL, and an error, for others. */
static struct err *clone_props(const char *name, const nvlist_t *props, nvlist_t **out)
{
	*out = nv_new();
	nv_each(props, p) {
		const char *prop = nvpair_name(p), *value = nv_str(props, prop);
		if (strcmp(prop, "readonly") == 0 && value != NULL && strcmp(value, "on") == 0) {
			nv_add_u64(*out, prop, 1);
		} else if (name_is_prop(prop) && name_is_user_prop(prop) && value != NULL) {
			nv_add_str(*out, prop, value);
		} else {
			nv_free(*out);
			*out = NULL;
			return err_new(ERR_FAILED,
				       "%s: \"%.300s\" is no property to make a clone with", name,
				       prop);
		}
	}
	return NULL;
}

/* There is something of that name: is it what was wanted? */
static struct err *check_clone(struct local *l, const char *name, const char *from)
{
	char *names[] = {(char *)(uintptr_t)name};
	nvlist_t *datasets = nv_new();
	struct err *e = get_origins(l, names, 1, datasets);
	const char *origin = origin_of(datasets, name);

	if (e == NULL && (origin == NULL || strcmp(origin, from) != 0)) {
		e = err_new(ERR_FAILED, "cannot clone %s to %s on %s: that exists already", from,
			    name, l->host);
		e->code = EEXIST;
		make_room(e, l, name);
	}
	nv_free(datasets);
	return e;
}

/* What others have set on the dataset belongs to its name: another tag's pair, a snapshot tool's wishes. It
 * moves to what has that name now; what is of `tag` does not. `from` may be a snapshot of it. One transaction; again, it
 * finds nothing to move. */
static const char move_program[] =
    "args = ...\n"
    "local found = {}\n"
    "for name, value, source in zfs.list.user_properties(args['from']) do\n"
    "  if source == args['from'] and string.sub(name, 1, #args['tag']) ~= args['tag'] then\n"
    "    found[name] = value\n"
    "  end\n"
    "end\n"
    "for name, value in pairs(found) do\n"
    /* Whose place was taken before, and whose now: both may be what the other end of that tag's pair knows. */
    "  if string.sub(name, -12) == ':former-guid' then\n"
    "    now, source = zfs.get_prop(args['to'], name)\n"
    "    if now ~= nil and source == args['to'] and now ~= value then value = value .. ' ' .. now "
    "end\n"
    "    if #value > 83 then value = string.match(value, '^%d* (.*)$') or value end\n"
    "  end\n"
    "  e = zfs.sync.set_prop(args['to'], name, value)\n"
    "  if e ~= 0 then return e end\n"
    "end\n"
    "for name, value in pairs(found) do\n"
    "  e = zfs.sync.inherit(args['from'], name)\n"
    "  if e ~= 0 then return e end\n"
    "end\n"
    "return 0\n";

static struct err *move_others(struct local *l, const char *from, const char *to, const char *tag)
{
	char *pool = name_pool(to);
	char *dataset = name_dataset(from), *front = str_fmt("%s:", tag);
	nvlist_t *args = nv_new(), *out = NULL;
	struct err *e = NULL;
	int64_t code = 0;

	nv_add_str(args, "from", dataset);
	nv_add_str(args, "to", to);
	nv_add_str(args, "tag", front);
	int rc = lzc_channel_program(pool, move_program, 10000000, 16u << 20, args, &out);
	if (rc == 0 && nvlist_lookup_int64(out, ZCP_RET_RETURN, &code) == 0)
		rc = (int)code;
	/* Without root it stays where it is, and so does a pair of another tag. */
	if (rc != 0 && rc != EPERM && rc != EACCES)
		e = local_error(l, rc, "move the user properties of others to", to);
	nv_free(out);
	nv_free(args);
	free(front);
	free(dataset);
	free(pool);
	return e;
}

static struct err *clone_one(struct local *l, const char *name, const nvlist_t *item,
			     const char *tag)
{
	const char *from = nv_str(item, "from");
	nvlist_t *props;
	struct err *e = clone_props(name, nv_nv(item, "props"), &props);

	if (e == NULL)
		e = guid_check_one(l, from, nv_u64(item, "from_guid", 0), "clone");
	if (e != NULL) {
		nv_free(props);
		return e;
	}
	int rc = lzc_clone(name, from, props);
	nv_free(props);
	if (rc == EEXIST && (e = check_clone(l, name, from)) != NULL)
		return e;
	if (rc == 0 || rc == EEXIST)
		return move_others(l, from, name, tag);
	e = tree_error(l, rc, "make the clone", name);
	if (rc == ENOENT)
		err_remedy(e, "see that %s and the parent of %s exist on %s", from, name, l->host);
	return err_wrap(e, "clone of %s", from);
}

struct err *local_clone(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag = nv_str(args, "tag");
	const nvlist_t *items;
	struct err *e = local_items(args, &items);

	if (e == NULL)
		e = tag ? name_check_tag(tag) : err_new(ERR_FAILED, "clone lacks its tag");
	if (e != NULL)
		return e;
	nv_each(items, p) {
		const char *from = nv_str(nv_nv(items, nvpair_name(p)), "from");
		if (from == NULL || !name_is_snapshot(from))
			return err_new(ERR_FAILED, "%s: clone of \"%.300s\", which is no snapshot",
				       nvpair_name(p), from ? from : "");
	}
	nv_each(items, p) {
		const char *name = nvpair_name(p);
		if (goes_on(l, "clone", name, result) &&
		    (e = clone_one(l, name, nv_nv(items, name), tag)) != NULL)
			local_add_error(result, name, e);
	}
	return NULL;
}

/* Is it still what was made, and has anybody put anything into it? */
static struct err *check_bare(struct local *l, const char *name, const char *from, bool *there)
{
	static const char *const props[] = {"readonly", "written", "type", "origin"};
	char *names[] = {(char *)(uintptr_t)name};
	nvlist_t *datasets = nv_new();
	struct err *e = local_get(l, props, ARRAY_LEN(props), names, 1, datasets);
	const nvlist_t *value = nv_nv(nv_nv(datasets, name), "value");
	const char *written = nv_str(value, "written");
	uint64_t bytes = UINT64_MAX;

	*there = value != NULL;
	bool bare = *there && str_same(nv_str(value, "origin"), from) &&
		    str_same(nv_str(value, "readonly"), "on") && written != NULL &&
		    num_parse_u64(written, &bytes) && bytes <= CLONE_NOISE;
	if (e == NULL && *there && !bare)
		e = err_remedy(
		    err_refuse(
			REASON_WITHDRAWN,
			"%s on %s is not destroyed again: it is not an empty clone of %s any more",
			name, l->host, from),
		    "on %s, {zfs get origin,readonly,written %s} shows what it is", l->host, name);
	nv_free(datasets);
	return e;
}

/* What others have set goes back to where it came from, before it would go with the clone. */
static struct err *unclone_one(struct local *l, const char *name, const nvlist_t *item,
			       const char *tag)
{
	const char *from = nv_str(item, "from");
	bool there = false;
	struct err *e = check_bare(l, name, from, &there);

	if (e == NULL && there)
		e = guid_check_one(l, name, nv_u64(item, "guid", 0), "destroy");
	if (e == NULL && there) {
		char *origin = name_dataset(from);
		e = move_others(l, name, origin, tag);
		free(origin);
	}
	/* With a snapshot of it, or something below it, ZFS destroys nothing. */
	int rc = e == NULL && there ? lzc_destroy(name) : 0;
	return rc != 0 && rc != ENOENT ? tree_error(l, rc, "destroy", name) : e;
}

struct err *local_unclone(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag = nv_str(args, "tag");
	const nvlist_t *items;
	struct err *e = local_items(args, &items);

	if (e == NULL)
		e = tag ? name_check_tag(tag) : err_new(ERR_FAILED, "unclone lacks its tag");
	if (e != NULL)
		return e;
	nv_each(items, p) {
		const char *name = nvpair_name(p), *from = nv_str(nv_nv(items, name), "from");
		if (from == NULL || !name_is_snapshot(from))
			return err_new(ERR_FAILED,
				       "%s: a clone of \"%.300s\", which is no snapshot", name,
				       from ? from : "");
		if (goes_on(l, "destroy", name, result) &&
		    (e = unclone_one(l, name, nv_nv(items, name), tag)) != NULL)
			local_add_error(result, name, e);
	}
	return NULL;
}

/* --- promote --- */

static struct err *promote_one(struct local *l, const char *name, const char *origin)
{
	char conflict[NAME_DATASET_MAX + 1] = "";
	int rc = lzc_promote(name, conflict, sizeof(conflict));

	if (rc == 0)
		return NULL;
	if (rc != EEXIST)
		return tree_error(l, rc, "promote", name);
	str_clean(conflict);
	struct err *e =
	    err_new(ERR_FAILED,
		    "cannot promote %s on %s: both it and its origin %s have a snapshot "
		    "named %s",
		    name, l->host, origin, *conflict ? conflict : "alike");
	e->code = rc;
	return err_remedy(e, "rename or destroy %s@%s on %s, then run the same command again", name,
			  *conflict ? conflict : "SNAPSHOT", l->host);
}

struct err *local_promote(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	nvlist_t *datasets = nv_new();
	char **names;
	size_t n;
	struct err *e = local_names(args, "datasets", false, &names, &n);

	if (e == NULL && n > 0)
		e = get_origins(l, names, n, datasets);
	for (size_t i = 0; e == NULL && i < n; i++) {
		const char *origin = origin_of(datasets, names[i]);
		struct err *mine = NULL;
		if (!goes_on(l, "promote", names[i], result))
			continue;
		if (origin == NULL)
			mine = local_error(l, ENOENT, "promote", names[i]);
		else if (strcmp(origin, "-") != 0)
			mine = promote_one(l, names[i], origin);
		if (mine != NULL)
			local_add_error(result, names[i], mine);
	}
	nv_free(datasets);
	return e;
}
