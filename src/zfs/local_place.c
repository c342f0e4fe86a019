#include "zfs/local_place.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "state/picture.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_mount.h"

static const char *value_of(const nvlist_t *datasets, const char *name, const char *prop)
{
	const char *v = nv_str(nv_nv(nv_nv(datasets, name), "value"), prop);

	return v != NULL ? v : "";
}

static bool is_path_within(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/' && path[n + 1] != '\0';
}

/* Where `zfs mount` mounts it; NULL: nowhere. */
static const char *point_of(const nvlist_t *datasets, const char *name)
{
	const char *point = value_of(datasets, name, "mountpoint");

	return strcmp(value_of(datasets, name, "type"), "filesystem") == 0 &&
		       strcmp(value_of(datasets, name, "canmount"), "on") == 0 && *point == '/'
		   ? point
		   : NULL;
}

static bool is_mounted(const nvlist_t *datasets, const char *name)
{
	return strcmp(value_of(datasets, name, "mounted"), "yes") == 0;
}

/* Will something of the same tree, which is not mounted now, be mounted above its place first? Then there is nothing to see yet. */
static bool comes_later(const nvlist_t *datasets, const char *name, const char *point)
{
	char *above = name_parent(name);
	bool later = false;

	while (above != NULL && !later) {
		const char *there =
		    nv_nv(datasets, above) != NULL ? point_of(datasets, above) : NULL;
		later =
		    there != NULL && !is_mounted(datasets, above) && is_path_within(point, there);
		char *next = name_parent(above);
		free(above);
		above = next;
	}
	free(above);
	return later;
}

static char *source_of(const struct mount *m)
{
	return strcmp(m->type, "zfs") == 0 ? mem_strdup(m->source)
					   : str_fmt("%s (%s)", m->source, m->type);
}

static bool is_own(const struct mount *m, const char *name)
{
	return strcmp(m->type, "zfs") == 0 && strcmp(m->source, name) == 0;
}

/* Whoever looks into these may wait for another host, or has something mounted by looking; and into those of another pool, for
 * one that is suspended. */
static bool is_far(const struct mount *m, const char *name)
{
	static const char *const far[] = {"nfs",  "nfs4", "autofs", "cifs",
					  "smb3", "ceph", "afs",    "9p"};

	for (size_t i = 0; i < ARRAY_LEN(far); i++)
		if (strcmp(m->type, far[i]) == 0)
			return true;
	return strncmp(m->type, "fuse", 4) == 0 ||
	       (strcmp(m->type, "zfs") == 0 && strcmp(m->point, "/") != 0 &&
		!name_same_pool(m->source, name));
}

static int by_point(const void *a, const void *b)
{
	const struct mount *const *x = a, *const *y = b;
	int c = strcmp((*x)->point, (*y)->point);

	return c != 0 ? c : (*x > *y) - (*x < *y); /* and as the kernel has them */
}

void places_sort(const struct mounts *m, struct places *out)
{
	*out = (struct places){.items = mem_array(NULL, m->n + 1, sizeof(*out->items)), .n = m->n};
	for (size_t i = 0; i < m->n; i++)
		out->items[i] = &m->items[i];
	if (m->n > 0)
		qsort(out->items, m->n, sizeof(*out->items), by_point);
}

/* The first at that path, or behind it. */
static size_t places_from(const struct places *p, const char *point)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(p->items[mid]->point, point) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What is mounted at that path, and seen there; NULL: nothing is. */
static const struct mount *top_at(const struct places *p, const char *point)
{
	const struct mount *top = NULL;

	for (size_t i = places_from(p, point); i < p->n && strcmp(p->items[i]->point, point) == 0;
	     i++)
		top = p->items[i];
	return top;
}

/* Is each filesystem on the way one that can be looked into? */
static bool is_near(const struct places *p, const char *name, const char *point)
{
	char *path = mem_strdup(point);
	bool near = true;

	for (;;) {
		const struct mount *m = top_at(p, *path != '\0' ? path : "/");
		near = near && (m == NULL || !is_far(m, name));
		char *slash = strrchr(path, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	free(path);
	return near;
}

static void find_hidden(const struct places *p, const char *name, const char *point,
			nvlist_t *place)
{
	struct strv hides = {0};
	char *inside = str_fmt("%s/", point);

	for (size_t i = places_from(p, inside);
	     i < p->n && strncmp(p->items[i]->point, inside, strlen(inside)) == 0 &&
	     hides.n < PLACE_HIDES;
	     i++)
		if (!(strcmp(p->items[i]->type, "zfs") == 0 &&
		      name_within(p->items[i]->source, name)))
			strv_add(&hides, p->items[i]->point);
	if (hides.n > 0)
		nv_add_strs(place, "hides", hides.items, hides.n);
	strv_free(&hides);
	free(inside);
}

bool place_by_mounts(const struct places *p, const char *name, const char *point, bool mounted,
		     nvlist_t *place)
{
	const struct mount *top = NULL;
	bool there = false; /* its own mount, wherever it is mounted besides */

	for (size_t i = places_from(p, point); i < p->n && strcmp(p->items[i]->point, point) == 0;
	     i++) {
		top = p->items[i];
		there = there || is_own(top, name);
	}
	if (mounted && !there) /* elsewhere, by hand: it stays there */
		return false;
	if (top != NULL && !is_own(top, name)) {
		char *source = source_of(top);
		nv_add_str(place, "over", source);
		free(source);
	}
	if (!mounted && strcmp(point, "/") != 0)
		find_hidden(p, name, point, place);
	return !mounted && is_near(p, name, point);
}

/* What a link leads to may be far. */
static void look_into(const char *point, nvlist_t *place)
{
	struct stat st;
	DIR *dir = local_mount_by_link(point) ? NULL : opendir(point);
	struct dirent *entry;

	if (dir == NULL && lstat(point, &st) == 0 && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
		nv_add_flag(place, "file");
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			nv_add_flag(place, "entries");
			break;
		}
	closedir(dir);
}

/* Where `zfs` does not mount over what is there. */
static void find_blocked(struct local *l, nvlist_t *datasets)
{
	static const char *const props[] = {"overlay"};
	struct strv names = {0};
	nvlist_t *got = nv_new();

	nv_each(datasets, p) {
		const nvlist_t *place = nv_nv(nv_value(p), "place");
		if (place != NULL && !is_mounted(datasets, nvpair_name(p)) &&
		    nv_flag(place, "entries"))
			strv_add(&names, nvpair_name(p));
	}
	if (names.n > 0)
		err_free(local_get(l, props, ARRAY_LEN(props), names.items, names.n, got));
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(value_of(got, names.items[i], "overlay"), "off") == 0)
			nv_add_flag(nv_nv(nv_nv(datasets, names.items[i]), "place"), "blocks");
	strv_free(&names);
	nv_free(got);
}

void local_places(struct local *l, nvlist_t *datasets)
{
	struct mounts m;
	struct places places;
	struct err *e = mounts_read(&m);

	if (e != NULL) {
		err_free(e);
		mounts_free(&m);
		return;
	}
	places_sort(&m, &places);
	nv_each(datasets, p) {
		const char *name = nvpair_name(p), *point = point_of(datasets, name);
		bool mounted = is_mounted(datasets, name);
		if (point == NULL || (!mounted && comes_later(datasets, name, point)))
			continue;
		nvlist_t *place = nv_new();
		if (place_by_mounts(&places, name, point, mounted, place))
			look_into(point, place);
		if (!nv_empty(place))
			nv_add_nv(nv_value(p), "place", place);
		nv_free(place);
	}
	find_blocked(l, datasets);
	free(places.items);
	mounts_free(&m);
}
