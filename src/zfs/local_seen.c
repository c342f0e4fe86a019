#include "zfs/local_seen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "util/source.h"
#include "zfs/local.h"

#define STATE_DIR "/var/lib/zrep"
/* A hundred thousand datasets. */
#define FILE_MAX (32u << 20)
/* Somebody else writes for a moment. Who stands still keeps nobody. */
#define TRIES 50
#define TRY_MILLISECONDS 10

/* Datasets and their GUIDs, by name. */
struct seen {
	struct strv names;
	uint64_t *guids;
};

static void seen_add(struct seen *s, const char *name, uint64_t guid)
{
	s->guids = mem_array(s->guids, s->names.n + 1, sizeof(*s->guids));
	s->guids[s->names.n] = guid;
	strv_add(&s->names, name);
}

static void seen_free(struct seen *s)
{
	strv_free(&s->names);
	free(s->guids);
	*s = (struct seen){0};
}

/* --- the files --- */

static const char *base_dir(void)
{
	const char *base = getenv("ZREP_STATEDIR");

	return base != NULL && *base == '/' ? base : STATE_DIR;
}

static const char *const words[] = {[SEEN_MASTER] = "masters", [SEEN_REPLICA] = "replicas"};

static char *dir_name(const char *tag, enum seen_as as)
{
	return str_fmt("%s/%s/%s", base_dir(), words[as], tag);
}

/* The directory of a tag; -1: there is none, or it is not ours. */
static int open_dir(const char *tag, enum seen_as as, bool make)
{
	char *all = str_fmt("%s/%s", base_dir(), words[as]), *own = dir_name(tag, as);

	if (make) {
		(void)mkdir(base_dir(), 0755);
		(void)mkdir(all, 0755);
		(void)mkdir(own, 0755);
	}
	int fd = open(own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	free(own);
	free(all);
	return fd;
}

static bool lock_dir(int dir)
{
	for (int i = 0; i < TRIES; i++) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = TRY_MILLISECONDS * 1000000L}, NULL);
	}
	return false;
}

static void read_line(char *line, const char *pool, struct seen *s)
{
	char *name = strchr(line, ' ');
	uint64_t guid;

	if (name == NULL)
		return;
	*name++ = '\0';
	if (num_parse_u64(line, &guid) && name_is_dataset(name) && name_same_pool(name, pool))
		seen_add(s, name, guid);
}

/* The whole text of a file; NULL without one that is to be read. The caller frees. */
static char *read_text(int dir, const char *pool)
{
	int fd = openat(dir, pool, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	size_t n = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= (off_t)FILE_MAX) {
		text = mem_zalloc((size_t)st.st_size + 1);
		for (ssize_t got; n < (size_t)st.st_size; n += (size_t)got)
			if ((got = read(fd, text + n, (size_t)st.st_size - n)) <= 0)
				break;
	}
	close(fd);
	return text;
}

static void read_file(int dir, const char *pool, struct seen *s)
{
	char *text = read_text(dir, pool), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		read_line(line, pool, s);
	free(text);
}

static bool write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, data, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		data += put;
		n -= (size_t)put;
	}
	return true;
}

/* No pool is called so. */
#define NEW_FILE ".new"

static void write_file(int dir, const char *pool, const struct buf *text)
{
	if (text->len == 0) {
		(void)unlinkat(dir, pool, 0);
		return;
	}
	int fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	bool whole = write_all(fd, text->data, text->len) && fsync(fd) == 0;
	close(fd);
	if (!whole || renameat(dir, NEW_FILE, dir, pool) != 0)
		(void)unlinkat(dir, NEW_FILE, 0);
}

/* --- what changes --- */

struct news {
	struct strv listed; /* sorted: what is known of these is known anew */
	struct strv only;   /* sorted: what else may stay, if `bounded` */
	bool bounded;
	struct seen are; /* of `listed`: what is remembered */
	uint64_t *moved; /* sorted: GUIDs that are elsewhere now, where the pool has another name */
	size_t n_moved;
};

static void news_free(struct news *n)
{
	strv_free(&n->listed);
	strv_free(&n->only);
	seen_free(&n->are);
	free(n->moved);
}

static int by_guid(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool has_moved(const struct news *n, uint64_t guid)
{
	return guid != 0 && n->n_moved > 0 &&
	       bsearch(&guid, n->moved, n->n_moved, sizeof(guid), by_guid) != NULL;
}

/* A GUID that is not known stays what it was. */
static uint64_t guid_of(const struct seen *old, const char *name, uint64_t guid)
{
	for (size_t i = 0; guid == 0 && i < old->names.n; i++)
		if (strcmp(old->names.items[i], name) == 0)
			guid = old->guids[i];
	return guid;
}

static void update(int dir, const char *pool, const struct news *news)
{
	struct seen old = {0};
	struct strv lines = {0};
	struct buf text = {0};

	read_file(dir, pool, &old);
	for (size_t i = 0; i < old.names.n; i++) {
		const char *name = old.names.items[i];
		if (!sorted_has(news->listed.items, news->listed.n, name) &&
		    !has_moved(news, old.guids[i]) &&
		    (!news->bounded || sorted_has(news->only.items, news->only.n, name)))
			strv_addf(&lines, "%" PRIu64 " %s", old.guids[i], name);
	}
	for (size_t i = 0; i < news->are.names.n; i++) {
		const char *name = news->are.names.items[i];
		if (name_same_pool(name, pool))
			strv_addf(&lines, "%" PRIu64 " %s", guid_of(&old, name, news->are.guids[i]),
				  name);
	}
	sorted_sort(lines.items, lines.n);
	for (size_t i = 0; i < lines.n; i++)
		buf_addf(&text, "%s\n", lines.items[i]);
	char *was = read_text(dir, pool);
	if (strcmp(was != NULL ? was : "", buf_str(&text)) != 0)
		write_file(dir, pool, &text);
	free(was);
	buf_free(&text);
	strv_free(&lines);
	seen_free(&old);
}

/* The pools that have a file. */
static struct strv files_of(int dir)
{
	struct strv pools = {0};
	int own = dup(dir);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;

	if (d == NULL && own >= 0)
		close(own);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		if (name_is_dataset(e->d_name) && strchr(e->d_name, '/') == NULL)
			strv_add(&pools, e->d_name);
	if (d != NULL)
		closedir(d);
	sorted_sort(pools.items, pools.n);
	return pools;
}

/* Each pool of what is listed, once. */
static void update_pools(const char *tag, enum seen_as as, struct news *news)
{
	struct strv pools = {0};

	sorted_sort(news->listed.items, news->listed.n);
	for (size_t i = 0; i < news->listed.n; i++) {
		char *pool = name_pool(news->listed.items[i]);
		if (!strv_has(&pools, pool))
			strv_add(&pools, pool);
		free(pool);
	}
	int dir = pools.n > 0 ? open_dir(tag, as, news->are.names.n > 0) : -1;
	if (dir >= 0 && lock_dir(dir)) {
		struct strv files = files_of(dir);
		for (size_t i = 0; i < pools.n; i++)
			update(dir, pools.items[i], news);
		news->n_moved = news->are.names.n;
		news->moved = mem_array(NULL, news->n_moved + 1, sizeof(*news->moved));
		for (size_t i = 0; i < news->n_moved; i++)
			news->moved[i] = news->are.guids[i];
		qsort(news->moved, news->n_moved, sizeof(*news->moved), by_guid);
		seen_free(&news->are);
		for (size_t i = 0; i < files.n; i++)
			if (!strv_has(&pools, files.items[i]))
				update(dir, files.items[i], news);
		strv_free(&files);
	}
	if (dir >= 0)
		close(dir);
	strv_free(&pools);
}

/* What a dataset says under that tag; NULL: nothing, or what it says is none of its own (`here`). */
static const char *says(const nvlist_t *one, const char *tag, const char *prop, bool here)
{
	char *key = str_fmt("%s:%s", tag, prop);
	const char *value = nv_str(nv_nv(one, "value"), key);

	if (here && !source_is_local(nv_str(nv_nv(one, "source"), key)))
		value = NULL;
	free(key);
	return value;
}

static bool is_seen_as(const nvlist_t *one, const char *tag, const char *name, enum seen_as as)
{
	const char *master = says(one, tag, "master", true), *to = says(one, tag, "dest-fs", false);
	bool leads = master != NULL && strcmp(master, "yes") == 0;

	return as == SEEN_MASTER ? leads : !leads && to != NULL && strcmp(to, name) == 0;
}

void local_seen_listed(const char *tag, enum seen_as as, const nvlist_t *datasets)
{
	struct news news = {0};
	uint64_t guid;

	nv_each(datasets, p) {
		const char *name = nvpair_name(p);
		const nvlist_t *one = nv_nv(datasets, name);
		strv_add(&news.listed, name);
		if (is_seen_as(one, tag, name, as))
			seen_add(&news.are, name,
				 num_parse_u64(nv_str(nv_nv(one, "value"), "guid"), &guid) ? guid
											   : 0);
	}
	update_pools(tag, as, &news);
	news_free(&news);
}

/* The tag of a property that has to do with the role; NULL: of another. The caller frees. */
static char *tag_of(const char *key, bool *master)
{
	const char *colon = strrchr(key, ':');

	*master = colon != NULL && strcmp(colon, ":master") == 0;
	if (colon == NULL || (!*master && strcmp(colon, ":dest-fs") != 0))
		return NULL;
	char *tag = str_fmt("%.*s", (int)(colon - key), key);
	struct err *bad = name_check_tag(tag);
	if (bad != NULL) {
		free(tag);
		tag = NULL;
	}
	err_free(bad);
	return tag;
}

void local_seen_set(const nvlist_t *props, const nvlist_t *result)
{
	const nvlist_t *errors = nv_nv(result, "errors");
	struct news masters = {0}, replicas = {0};
	char *tag = NULL;

	nv_each(props, d) {
		const char *name = nvpair_name(d);
		if (strchr(name, '@') != NULL || nv_nv(errors, name) != NULL)
			continue;
		const nvlist_t *one = nv_nv(props, name);
		nv_each(one, p) {
			bool master;
			char *its = tag_of(nvpair_name(p), &master);
			if (tag == NULL && its != NULL)
				tag = mem_strdup(its);
			bool is = its != NULL && strcmp(tag, its) == 0;
			free(its);
			if (!is)
				continue;
			const char *value = nv_str(one, nvpair_name(p));
			strv_add(&replicas.listed, name);
			if (master)
				strv_add(&masters.listed, name);
			if (master && value != NULL && strcmp(value, "yes") == 0)
				seen_add(&masters.are, name, 0);
		}
	}
	if (tag != NULL) {
		update_pools(tag, SEEN_MASTER, &masters);
		update_pools(tag, SEEN_REPLICA, &replicas);
	}
	news_free(&masters);
	news_free(&replicas);
	free(tag);
}

void local_seen_all(const char *tag, enum seen_as as, const struct strv *names)
{
	struct news news = {.bounded = true};
	int dir = open_dir(tag, as, false);

	if (dir < 0)
		return;
	for (size_t i = 0; i < names->n; i++)
		strv_add(&news.only, names->items[i]);
	sorted_sort(news.only.items, news.only.n);
	struct strv pools = files_of(dir);
	if (pools.n > 0 && lock_dir(dir))
		for (size_t i = 0; i < pools.n; i++)
			if (lzc_exists(pools.items[i]))
				update(dir, pools.items[i], &news);
	close(dir);
	strv_free(&pools);
	news_free(&news);
}

static void add_away(const char *tag, enum seen_as as, const char *key, nvlist_t *result)
{
	struct seen away = {0};
	char *name = dir_name(tag, as), *in = str_fmt("%s_in", key);
	char *guids = str_fmt("%s_guids", key);
	int dir = open_dir(tag, as, false);

	nv_add_str(result, in, name);
	if (dir >= 0) {
		struct strv pools = files_of(dir);
		for (size_t i = 0; i < pools.n; i++)
			if (local_pool_gone(pools.items[i]))
				read_file(dir, pools.items[i], &away);
		strv_free(&pools);
		close(dir);
	}
	nv_add_strs(result, key, away.names.items, away.names.n);
	nv_add_u64s(result, guids, away.guids, away.names.n);
	seen_free(&away);
	free(guids);
	free(in);
	free(name);
}

void local_seen_away(const char *tag, nvlist_t *result)
{
	add_away(tag, SEEN_MASTER, "seen", result);
	add_away(tag, SEEN_REPLICA, "seen_replicas", result);
}
