/* Mounting and unmounting. `zfs` does it where it can, because it also ends and begins what is shared. */
#include "zfs/local_mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "os/mounts.h"
#include "os/openers.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/spawn.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/lock.h"

/* Runs `zfs VERB NAME`. *failed: it did not work, and `said` is why. */
static struct err *zfs_verb(struct local *l, const char *verb, const char *name, struct buf *said,
			    bool *failed)
{
	char *argv[] = {"zfs", (char *)(uintptr_t)verb, (char *)(uintptr_t)name, NULL};
	struct buf out = {0};
	struct err *e = local_zfs(l, argv, &out, said, failed);

	buf_free(&out);
	return e;
}

/* --- mount --- */

struct to_mount {
	const char *name, *point;
};

/* A mountpoint sorts before what is inside it. */
static int by_point(const void *a, const void *b)
{
	const struct to_mount *x = a, *y = b;

	return strcmp(x->point, y->point);
}

/* Where this dataset is to be mounted now; NULL: it is not. */
static const char *wanted_point(const nvlist_t *value)
{
	const char *type = nv_str(value, "type"), *canmount = nv_str(value, "canmount");
	const char *key = nv_str(value, "keystatus"), *mounted = nv_str(value, "mounted");
	const char *point = nv_str(value, "mountpoint");

	if (strcmp(type, "filesystem") != 0 || strcmp(canmount, "on") != 0 || *point != '/' ||
	    strcmp(mounted, "no") != 0 || strcmp(key, "unavailable") == 0)
		return NULL;
	return point;
}

/* Is there a symbolic link on the way? What a confined peer has sent may hold one, which leads out of what it may have. */
bool local_mount_by_link(const char *point)
{
	char *path = mem_strdup(point);
	struct stat st;
	bool link = false;

	for (char *p = path + 1; !link; p++) {
		char was = *p;
		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
		if ((*p = was) == '\0')
			break;
	}
	free(path);
	return link;
}

static struct err *mount_one(struct local *l, const struct to_mount *m)
{
	struct buf said = {0};
	bool failed = false;

	if (l->confine != NULL && local_mount_by_link(m->point))
		return err_remedy(err_refuse(REASON_CONFINED,
					     "%s on %s is not mounted for a confined key: a "
					     "symbolic link is on the way to %s",
					     m->name, l->host, m->point),
				  "see what it is; then: {zfs mount %s}, on %s", m->name, l->host);
	struct err *e = zfs_verb(l, "mount", m->name, &said, &failed);

	if (e == NULL && failed && strstr(buf_str(&said), "already mounted") == NULL) {
		e = err_new(ERR_FAILED, "cannot mount %s at %s on %s: %s", m->name, m->point,
			    l->host, buf_str(&said));
		err_remedy(e, "see what is at %s, then: {zfs mount %s}, on %s", m->point, m->name,
			   l->host);
	}
	buf_free(&said);
	return e;
}

struct err *local_mount(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	static const char *const props[] = {"type",    "canmount",   "keystatus",
					    "mounted", "mountpoint", "origin"};
	nvlist_t *datasets = nv_new();
	struct to_mount *todo = NULL;
	size_t n, k = 0;
	char **names;
	struct err *e = local_names(args, "datasets", false, &names, &n);

	if (e == NULL && n > 0)
		e = local_get(l, props, ARRAY_LEN(props), names, n, datasets);
	todo = mem_array(NULL, n, sizeof(*todo));
	for (size_t i = 0; e == NULL && i < n; i++) {
		const nvlist_t *value = nv_nv(nv_nv(datasets, names[i]), "value");
		const char *point = value != NULL ? wanted_point(value) : NULL;
		if (value == NULL)
			local_add_error(result, names[i],
					local_error(l, ENOENT, "mount", names[i]));
		else if (point != NULL)
			todo[k++] = (struct to_mount){names[i], point};
	}
	if (k > 1)
		qsort(todo, k, sizeof(*todo), by_point);
	for (size_t i = 0; i < k; i++) {
		struct err *mine = mount_one(l, &todo[i]);
		if (mine != NULL)
			local_add_error(result, todo[i].name, mine);
	}
	free(todo);
	nv_free(datasets);
	return e;
}

/* --- unmount --- */

struct unmount {
	const struct mount *mount;
	bool done;
	bool legacy; /* `zfs` leaves these to mount(8) */
};

/* mount(8) or umount(8) of `dataset`; *ok: it worked. What it says goes to `said`. */
static struct err *run_tool(struct local *l, char *dataset, char *const argv[], struct buf *said,
			    bool *ok)
{
	struct lock_loan loan = {l->locks, &dataset, 1};
	struct spawn_lend lend = locks_lend(&loan);
	struct buf out = {0};
	int status;
	struct err *e = spawn_run(argv, &lend, 65536, local_patience(), &out, said, &status);

	*ok = e == NULL && status == 0;
	buf_free(&out);
	return err_wrap(e, "%s", l->host);
}

/* What is still mounted inside m, which keeps it busy; NULL: nothing. */
static char *mounted_inside(const struct mount *m)
{
	struct mounts now;
	char *point = NULL;

	err_free(mounts_read(&now));
	for (size_t i = 0; i < now.n && point == NULL; i++)
		if (now.items[i].parent == m->id && now.items[i].id != m->id)
			point = mem_strdup(now.items[i].point);
	mounts_free(&now);
	return point;
}

/* Why m could not be unmounted: `said` is the command's word for it. */
static struct err *explain_unmount(struct local *l, const struct mount *m, const char *said)
{
	struct err *e;

	if (strstr(said, "busy") == NULL)
		return err_new(ERR_FAILED, "cannot unmount %s (%s on %s): %s", m->point, m->source,
			       l->host, said);
	struct openers u = openers_of_mount(m->dev);
	char *inside = mounted_inside(m), *who = openers_text(&u);
	if (u.n > 0 || inside != NULL)
		e = err_refuse(REASON_IN_USE, "cannot unmount %s (%s on %s): %s %s", m->point,
			       m->source, l->host, u.n > 0 ? "in use by" : "inside it is mounted",
			       u.n > 0 ? who : inside);
	else
		e = err_refuse(
		    REASON_IN_USE,
		    "cannot unmount %s (%s on %s): in use, but by no process that can be "
		    "seen: an NFS export, a loop device, a container, another user's?",
		    m->point, m->source, l->host);
	err_remedy(e,
		   "on %s, end what uses %s (the hook pre-demote can do that), then run the same "
		   "command again",
		   l->host, m->point);
	free(inside);
	free(who);
	openers_free(&u);
	return e;
}

/* Only the first mount of a whole dataset is one that we could mount again. */
static bool is_extra(const struct mounts *all, const struct mount *m)
{
	if (strcmp(m->root, "/") != 0)
		return true;
	for (const struct mount *o = mounts_next(all, m->source, NULL); o != NULL && o != m;
	     o = mounts_next(all, m->source, o))
		if (strcmp(o->root, "/") == 0)
			return true;
	return false;
}

static struct err *unmount_one(struct local *l, struct unmount *u)
{
	const struct mount *m = u->mount;
	struct buf said = {0};
	bool failed = false, ok = false;

	struct err *e = zfs_verb(l, "unmount", m->source, &said, &failed);
	if (e == NULL && failed && strstr(buf_str(&said), "legacy") != NULL) {
		struct strv argv = {0};
		mounts_umount_command(m, &argv);
		u->legacy = true;
		buf_free(&said);
		e = run_tool(l, m->source, argv.items, &said, &ok);
		failed = !ok;
		strv_free(&argv);
	}
	if (e == NULL && failed && strstr(buf_str(&said), "not currently mounted") != NULL)
		failed = false;
	if (e == NULL && failed) {
		char *why = str_fmt("%.*s", (int)strcspn(buf_str(&said), "\n"), buf_str(&said));
		e = explain_unmount(l, m, str_clean(why));
		free(why);
	}
	u->done = e == NULL;
	buf_free(&said);
	return e;
}

static struct err *mount_again(struct local *l, const struct unmount *u)
{
	const struct mount *m = u->mount;
	struct strv argv = {0};
	struct buf said = {0};
	bool failed = false, ok = false;
	struct err *e;

	if (u->legacy) {
		mounts_mount_command(m, &argv);
		e = run_tool(l, m->source, argv.items, &said, &ok);
		failed = !ok;
		strv_free(&argv);
	} else {
		e = zfs_verb(l, "mount", m->source, &said, &failed);
	}
	if (e == NULL && failed)
		e = err_new(ERR_FAILED, "%s could not be mounted again at %s: %.300s", m->source,
			    m->point, buf_str(&said));
	buf_free(&said);
	return e;
}

/* Notes e for those of names that m belongs to. Takes e over; NULL is fine. */
static void note(struct err **errors, char *const *names, size_t n, const struct mount *m,
		 struct err *e)
{
	for (size_t i = 0; i < n && e != NULL; i++)
		if (errors[i] == NULL && name_within(m->source, names[i]))
			errors[i] = err_copy(e);
	err_free(e);
}

static bool has_failed(struct err *const *errors, char *const *names, size_t n,
		       const struct mount *m)
{
	for (size_t i = 0; i < n; i++)
		if (errors[i] != NULL && name_within(m->source, names[i]))
			return true;
	return false;
}

/* What could not be undone is refused before anything is. */
static void check_extras(struct local *l, const struct mounts *all, const struct unmount *u,
			 size_t k, char *const *names, size_t n, struct err **errors)
{
	for (size_t i = 0; i < k; i++) {
		const struct mount *m = u[i].mount;
		if (!is_extra(all, m))
			continue;
		struct err *e = err_refuse(
		    REASON_IN_USE, "cannot unmount %s on %s: it is mounted a second time, at %s",
		    m->source, l->host, m->point);
		err_remedy(e, "on %s, {umount %s}, then run the same command again", l->host,
			   m->point);
		note(errors, names, n, m, e);
	}
}

/* A dataset that failed is to be as it was, and so are those asked for that are below it. */
static void undo_failed(struct local *l, struct unmount *u, size_t k, char *const *names, size_t n,
			struct err **errors)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n && errors[i] == NULL; j++)
			if (errors[j] != NULL && j != i && name_within(names[i], names[j]))
				errors[i] = err_wrap(err_copy(errors[j]), "%s", names[i]);
	for (size_t i = k; i-- > 0;)
		for (size_t j = 0; j < n && u[i].done; j++) {
			if (errors[j] == NULL || !name_within(u[i].mount->source, names[j]))
				continue;
			struct err *e = mount_again(l, &u[i]);
			if (e != NULL)
				err_wrap(errors[j], "%s", e->what);
			err_free(e);
			u[i].done = false;
		}
}

struct err *local_unmount(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct mounts all = {0};
	char **names;
	size_t n, k;
	struct err *e = local_names(args, "datasets", false, &names, &n);

	if (e != NULL || (e = mounts_read(&all)) != NULL) {
		mounts_free(&all);
		return e;
	}
	const struct mount **within = mounts_within(&all, names, n, &k);
	struct unmount *u = mem_zalloc(k * sizeof(*u));
	struct err **errors = mem_zalloc(n * sizeof(*errors));
	for (size_t i = 0; i < k; i++)
		u[i].mount = within[i];
	check_extras(l, &all, u, k, names, n, errors);
	for (size_t i = 0; i < k; i++)
		if (!has_failed(errors, names, n, within[i]))
			note(errors, names, n, within[i], unmount_one(l, &u[i]));
	undo_failed(l, u, k, names, n, errors);
	for (size_t j = 0; j < n; j++)
		if (errors[j] != NULL)
			local_add_error(result, names[j], errors[j]);
	free(errors);
	free(u);
	free(within);
	mounts_free(&all);
	return NULL;
}
