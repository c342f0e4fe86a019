#include "zfs/local_place.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_get.h"

/* Named at most. */
#define HIDES_MAX 8u

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

/* Whoever looks into these may wait for another host, or has something mounted by looking. */
static bool is_far(const char *type)
{
	static const char *const far[] = {"nfs",  "nfs4", "autofs", "cifs",
					  "smb3", "ceph", "afs",    "9p"};

	for (size_t i = 0; i < ARRAY_LEN(far); i++)
		if (strcmp(type, far[i]) == 0)
			return true;
	return strncmp(type, "fuse", 4) == 0;
}

bool place_by_mounts(const struct mounts *m, const char *name, const char *point, bool mounted,
		     nvlist_t *place)
{
	const struct mount *top = NULL, *around = NULL;
	struct strv hides = {0};

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *one = &m->items[i];
		if (strcmp(one->point, point) == 0)
			top = one;
		else if (strcmp(one->point, "/") == 0 || is_path_within(point, one->point))
			around = around == NULL || strlen(one->point) >= strlen(around->point)
				     ? one
				     : around;
		else if (!mounted && strcmp(point, "/") != 0 && is_path_within(one->point, point) &&
			 !(strcmp(one->type, "zfs") == 0 && name_within(one->source, name)) &&
			 hides.n < HIDES_MAX)
			strv_add(&hides, one->point);
	}
	bool own = top != NULL && strcmp(top->type, "zfs") == 0 && strcmp(top->source, name) == 0;
	if (top != NULL && !own) {
		char *source = source_of(top);
		nv_add_str(place, "over", source);
		free(source);
	}
	if (hides.n > 0)
		nv_add_strs(place, "hides", hides.items, hides.n);
	strv_free(&hides);
	return top == NULL && !mounted && (around == NULL || !is_far(around->type));
}

static void look_into(const char *point, nvlist_t *place)
{
	struct stat st;
	DIR *dir = opendir(point);
	struct dirent *entry;

	if (dir == NULL && stat(point, &st) == 0 && !S_ISDIR(st.st_mode))
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
		    (nv_str(place, "over") != NULL || nv_flag(place, "entries")))
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

	err_free(mounts_read(&m));
	nv_each(datasets, p) {
		const char *name = nvpair_name(p), *point = point_of(datasets, name);
		bool mounted = is_mounted(datasets, name);
		if (point == NULL || (!mounted && comes_later(datasets, name, point)))
			continue;
		nvlist_t *place = nv_new();
		if (place_by_mounts(&m, name, point, mounted, place))
			look_into(point, place);
		if (!nv_empty(place))
			nv_add_nv(nv_value(p), "place", place);
		nv_free(place);
	}
	find_blocked(l, datasets);
	mounts_free(&m);
}
