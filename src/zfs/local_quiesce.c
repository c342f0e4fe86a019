/* OP_QUIESCE: from here on nothing is written, and all that was is in the dataset. */
#include "zfs/local_quiesce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/mounts.h"
#include "os/openers.h"
#include "os/zvol.h"
#include "util/buf.h"
#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_many.h"

static struct err *refuse(struct local *l, const char *name, const char *why, const char *who)
{
	struct err *e = err_refuse(REASON_IN_USE, "%s on %s cannot be made read-only: %s %s", name,
				   l->host, why, who);

	return err_remedy(e,
			  "on %s, end what uses it (the hook pre-demote can do that), then run the "
			  "same command again",
			  l->host);
}

/* read-only does not reach a volume that is open: on some kernels its opener goes on writing. */
static struct err *check_volume(struct local *l, const char *name, const struct mounts *all)
{
	struct zvol z = zvol_find(name);
	struct openers u = zvol_openers(&z, l->cancel);
	struct err *e = NULL;

	if (u.n > 0) {
		char *who = openers_text(&u);
		e = refuse(l, name, "its device is open in", who);
		free(who);
	} else if (z.n > 0 && zvol_is_claimed(name)) {
		const char *point = mounts_point_of(all, z.devs, z.n);
		e = refuse(l, name, point ? "its device is mounted at" : "its device is in use by",
			   point ? point : "the kernel (a mount, swap, LVM, RAID or an export)");
	}
	openers_free(&u);
	zvol_free(&z);
	return e;
}

/* What is written to such a mapping later would never be refused, and be lost. */
static struct err *check_mappings(struct local *l, const char *name, const struct mounts *all)
{
	const struct mount *m = mounts_next(all, name, NULL);
	struct err *e = NULL;

	if (m == NULL)
		return NULL;
	struct openers u = openers_of_mappings(m->dev);
	if (u.n > 0) {
		char *who = openers_text(&u);
		e = refuse(l, name, "files of it are mapped for writing by", who);
		free(who);
	}
	openers_free(&u);
	return e;
}

struct target {
	const char *name;
	bool volume;
	bool readonly; /* set on it already, by itself */
	struct err *error;
};

/* What the properties say now. False: it is not there. */
static bool read_target(const nvlist_t *datasets, struct target *t)
{
	const nvlist_t *one = nv_nv(datasets, t->name), *value = nv_nv(one, "value");
	const nvlist_t *source = nv_nv(one, "source");

	if (one == NULL)
		return false;
	t->volume = strcmp(nv_str(value, "type"), "volume") == 0;
	t->readonly = strcmp(nv_str(value, "readonly"), "on") == 0 &&
		      strcmp(nv_str(source, "readonly"), "local") == 0;
	return true;
}

static struct err *read_targets(struct local *l, struct target *t, size_t n)
{
	static const char *const props[] = {"type", "readonly", "origin"};
	nvlist_t *datasets = nv_new();
	struct strv names = {0};

	for (size_t i = 0; i < n; i++)
		strv_add(&names, t[i].name);
	struct err *e = local_get(l, props, ARRAY_LEN(props), names.items, names.n, datasets);
	for (size_t i = 0; i < n && e == NULL; i++)
		if (!read_target(datasets, &t[i]) && t[i].error == NULL)
			t[i].error = local_error(l, ENOENT, "make read-only", t[i].name);
	strv_free(&names);
	nv_free(datasets);
	return e;
}

/* Looks at all of them before anything changes. False: one stands in the way, so none may. */
static bool check_targets(struct local *l, struct target *t, size_t n, const struct mounts *all)
{
	const struct target *bad = NULL;

	for (size_t i = 0; i < n; i++) {
		if (t[i].error == NULL)
			t[i].error = t[i].volume ? check_volume(l, t[i].name, all)
						 : check_mappings(l, t[i].name, all);
		if (t[i].error != NULL && bad == NULL)
			bad = &t[i];
	}
	for (size_t i = 0; i < n && bad != NULL; i++)
		if (t[i].error == NULL)
			t[i].error =
			    err_remedy(err_refuse(REASON_TREE,
						  "%s on %s was not made read-only, because %s, in "
						  "the same batch, cannot be",
						  t[i].name, l->host, bad->name),
				       "see to %s first", bad->name);
	return bad == NULL;
}

static struct err *sync_one(struct local *l, const char *name, const struct mounts *all)
{
	const struct mount *m = mounts_next(all, name, NULL);
	int rc = m != NULL ? mounts_commit(m) : 0;

	return rc == 0 ? NULL
		       : err_sys(ERR_FAILED, rc, "cannot commit what is written to %s on %s", name,
				 l->host);
}

static void sync_targets(struct local *l, struct target *t, size_t n, const struct mounts *all)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].error == NULL)
			t[i].error = sync_one(l, t[i].name, all);
}

/* It fails where a mount could not be changed with the property,
 * which it is in effect without: only what is there afterwards counts. */
static struct err *set_readonly(struct local *l, struct target *t, size_t n, struct buf *said)
{
	struct strv names = {0}, argv = {0};
	bool failed = false;

	for (size_t i = 0; i < n; i++)
		if (t[i].error == NULL && !t[i].readonly)
			strv_add(&names, t[i].name);
	strv_split(&argv, "zfs set readonly=on");
	struct err *e = local_many(l, &argv, names.items, names.n, false, said, &failed);
	strv_free(&argv);
	strv_free(&names);
	return e;
}

static struct err *is_readonly(struct local *l, const struct target *t, const struct mounts *all,
			       const char *said)
{
	const struct mount *m = t->volume ? NULL : mounts_next(all, t->name, NULL);
	struct err *e;

	if (!t->readonly && strstr(said, "ermission denied") != NULL)
		return local_error(l, EPERM, "set readonly=on on", t->name);
	if (!t->readonly)
		return err_new(ERR_FAILED, "cannot set readonly=on on %s on %s: %s", t->name,
			       l->host, *said ? said : "zfs gave no reason");
	if (m == NULL || m->readonly)
		/* Somebody may have mapped a file, or opened the volume, since the first look. */
		return t->volume ? check_volume(l, t->name, all) : check_mappings(l, t->name, all);
	e = err_new(ERR_FAILED, "%s on %s has readonly=on, but is still writable at %s", t->name,
		    l->host, m->point);
	return err_remedy(e, "on %s: {zfs unmount %s}, then run the same command again", l->host,
			  t->name);
}

static struct err *switchover_targets(struct local *l, struct target *t, size_t n)
{
	struct mounts after = {0};
	struct buf said = {0};
	struct err *e = set_readonly(l, t, n, &said);

	if (e == NULL)
		e = read_targets(l, t, n);
	if (e == NULL)
		e = mounts_read(&after);
	for (size_t i = 0; e == NULL && i < n; i++)
		if (t[i].error == NULL)
			t[i].error = is_readonly(l, &t[i], &after, buf_str(&said));
	if (e == NULL)
		sync_targets(l, t, n, &after);
	mounts_free(&after);
	buf_free(&said);
	return e;
}

struct err *local_quiesce(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct mounts before = {0};
	char **names;
	size_t n;
	struct err *e = local_names(args, "datasets", false, &names, &n);

	if (e != NULL || n == 0)
		return e;
	struct target *t = mem_zalloc(n * sizeof(*t));
	for (size_t i = 0; i < n; i++)
		t[i].name = names[i];
	if ((e = read_targets(l, t, n)) == NULL && (e = mounts_read(&before)) == NULL &&
	    check_targets(l, t, n, &before)) {
		sync_targets(l, t, n, &before);
		e = switchover_targets(l, t, n);
	}
	for (size_t i = 0; i < n; i++)
		if (t[i].error != NULL)
			local_add_error(result, t[i].name, t[i].error);
	free(t);
	mounts_free(&before);
	return e;
}
