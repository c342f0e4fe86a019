/* Clones that are made to be tried and thrown away. What is destroyed here is nothing else: it is called after its dataset, says
 * by a property set on itself that it was made for that, and is a clone. */
#include "zfs/local_drill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"
#include "zfs/local.h"
#include "zfs/local_batch.h"
#include "zfs/local_guid.h"
#include "zfs/parse_line.h"

/* canmount=noauto, as the kernel has it. */
#define NOAUTO 2u

/* What a service that was told to end still has open may be let go of a moment later. */
#define END_TRIES 20
#define END_PAUSE_MS 250

/* --- making them --- */

static struct err *check_item(const char *name, const nvlist_t *item)
{
	const char *from = nv_str(item, "from"), *point = nv_str(item, "mountpoint");
	char *origin = from != NULL && name_is_snapshot(from) ? name_dataset(from) : NULL;
	bool fits = origin != NULL && strstr(name, DRILL_INFIX) != NULL &&
		    name_same_pool(name, origin) && (point == NULL || *point == '/');

	free(origin);
	return fits ? NULL
		    : err_new(ERR_FAILED, "%s is no clone for a drill of \"%.300s\"", name,
			      from != NULL ? from : "");
}

static struct err *clone_one(struct local *l, const char *name, const nvlist_t *item,
			     const char *tag)
{
	const char *from = nv_str(item, "from"), *point = nv_str(item, "mountpoint"),
		   *of = nv_str(item, "of");
	struct err *e = guid_check_one(l, from, nv_u64(item, "from_guid", 0), "clone");

	if (e != NULL)
		return e;
	nvlist_t *props = nv_new();
	if (!nv_flag(item, "volume")) {
		nv_add_u64(props, "readonly", 0);
		if (point != NULL)
			nv_add_str(props, "mountpoint", point);
		/* Whatever comes from above: a rehearsal is not for anybody else to see. */
		if (of != NULL)
			nv_add_str(props, "sharenfs", "off");
		if (of != NULL)
			nv_add_str(props, "sharesmb", "off");
		if (!nv_flag(item, "mounts"))
			nv_add_u64(props, "canmount", NOAUTO);
	}
	if (of != NULL) { /* and in a tree that a master here may be, it is none of that */
		char *mark = str_fmt("%s:" DRILL_PROP, tag), *out = str_fmt("%s:exclude", tag);
		nv_add_str(props, mark, of);
		nv_add_str(props, out, "yes");
		free(mark);
		free(out);
	}
	int rc = lzc_clone(name, from, props);
	nv_free(props);
	if (rc == 0)
		return NULL;
	return err_wrap(local_error(l, rc, "make the clone", name), "clone of %s", from);
}

struct err *local_drill(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *items;
	const char *tag;
	struct err *e = local_items(args, &items);

	if (e == NULL)
		e = batch_tag(args, &tag);
	nv_each(items, p) {
		if (e == NULL)
			e = check_item(nvpair_name(p), nv_nv(items, nvpair_name(p)));
	}
	/* In the order of the asker, who has parents first. */
	nv_each(items, p) {
		const char *name = nvpair_name(p);
		char *names[] = {(char *)(uintptr_t)name};
		if (e != NULL || !local_goes_on(l, "clone", names, 1, result))
			break;
		struct err *mine = clone_one(l, name, nv_nv(items, name), tag);
		if (mine != NULL)
			local_add_error(result, name, mine);
		if (mine != NULL) /* what is below it has no place */
			break;
	}
	return e;
}

/* --- ending them --- */

/* The clones of a dataset, found by their mark. */
static struct err *find(struct local *l, const char *name, const char *tag, struct strv *clones,
			struct strv *points)
{
	char *above = name_parent(name);
	struct strv argv = {0};
	struct buf out = {0}, said = {0};
	bool failed = false;
	struct err *e = NULL;

	strv_split(&argv, "zfs list -Hp -t filesystem,volume -d 1 -o");
	strv_addf(&argv, "name,%s:" DRILL_PROP ",origin,mountpoint", tag);
	if (above != NULL) {
		strv_add(&argv, above);
		e = local_zfs(l, argv.items, &out, &said, &failed);
	}
	if (e == NULL && failed)
		e = err_new(ERR_FAILED, "cannot list what is in %s on %s: %s", above, l->host,
			    buf_str(&said));
	char *rest = out.data, *line;
	size_t n = strlen(name);
	while (e == NULL && above != NULL && (line = parse_next_line(&rest)) != NULL) {
		char *f[4];
		/* A value with a line break in it is not this mark, which is a name. */
		if (parse_split(line, f, 4) && strncmp(f[0], name, n) == 0 &&
		    strncmp(f[0] + n, DRILL_INFIX, strlen(DRILL_INFIX)) == 0 &&
		    strcmp(f[1], name) == 0 && strchr(f[2], '@') != NULL && name_is_dataset(f[0])) {
			strv_add(clones, f[0]);
			strv_add(points, f[3]);
		}
	}
	strv_free(&argv);
	free(above);
	buf_free(&out);
	buf_free(&said);
	return e;
}

static struct err *destroy(struct local *l, const char *clone)
{
	char *argv[] = {"zfs", "destroy", "-r", (char *)(uintptr_t)clone, NULL};
	struct err *e = NULL;

	for (int i = 0; i < END_TRIES; i++) {
		struct buf out = {0}, said = {0};
		bool failed = false;
		err_free(e);
		e = local_zfs(l, argv, &out, &said, &failed);
		bool done = e != NULL || !failed || !lzc_exists(clone);
		if (!done)
			e = err_remedy(
			    err_new(ERR_FAILED, "the clone %s on %s cannot be destroyed: %s", clone,
				    l->host, buf_str(&said)),
			    "end what uses it; then, on %s: {zfs destroy -r %s}", l->host, clone);
		buf_free(&out);
		buf_free(&said);
		if (done || local_is_given_up())
			break;
		nanosleep(&(struct timespec){.tv_nsec = END_PAUSE_MS * 1000000L}, NULL);
	}
	return e;
}

struct err *local_drill_end(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	char **names;
	size_t n;
	const char *tag;
	struct strv ended = {0};
	struct err *e = batch_tag(args, &tag);

	if (e == NULL)
		e = local_names(args, "datasets", false, &names, &n);
	for (size_t i = 0; e == NULL && i < n; i++) {
		struct strv clones = {0}, points = {0};
		struct err *mine = find(l, names[i], tag, &clones, &points);
		for (size_t k = 0; k < clones.n && mine == NULL; k++)
			if ((mine = destroy(l, clones.items[k])) == NULL) {
				strv_add(&ended, clones.items[k]);
				/* An empty directory, which was made for it; anything else stays. */
				if (strstr(points.items[k], "/drill/") != NULL)
					(void)rmdir(points.items[k]);
			}
		if (mine != NULL)
			local_add_error(result, names[i], mine);
		strv_free(&clones);
		strv_free(&points);
	}
	nv_add_strs(result, "ended", ended.items, ended.n);
	strv_free(&ended);
	return e;
}
