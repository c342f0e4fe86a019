/* /proc/spl/kstat/zfs/POOL/objset-0xID, one for each dataset that has been opened since the pool was imported: a head, and then
 * lines "NAME TYPE VALUE": dataset_name, writes, nwritten, nunlinks ... Which is whose does not change while it lives, but
 * for a rename; so the folder is read anew only when one is not found where it was. */
#include "os/written.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"

#define STATS "/proc/spl/kstat/zfs"

struct written_counters {
	pthread_mutex_t lock;
	nvlist_t *files;     /* dataset -> its file */
	uint64_t read_after; /* no pool is read before that for something missing: milliseconds */
};

/* What has no counters gets some when it is mounted. A pool is read for that again and again, but for a hundredth of the time at
 * most: with thousands of files that is long. */
#define AGAIN_MS 1000u
#define AGAIN_SHARE 100u

struct written_counters *written_counters_new(void)
{
	struct written_counters *w = mem_zalloc(sizeof(*w));

	w->files = nv_new();
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void written_counters_free(struct written_counters *w)
{
	if (w == NULL)
		return;
	nv_free(w->files);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* One counter's value, and with what it is called in front. */
static bool is_line(const char *line, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) != 0 || line[n] != ' ')
		return false;
	line += n + strspn(line + n, " ");
	line += strspn(line, "0123456789"); /* the type */
	*value = line + strspn(line, " ");
	return true;
}

/* Whose file it is, which is the caller's to free, and what is counted there. NULL: it is none, or has gone. */
static char *read_file(const char *path, uint64_t *count)
{
	char text[4096], *name = NULL, *save = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *value;
	uint64_t one;

	if (fd >= 0)
		close(fd);
	*count = 0;
	text[n > 0 ? n : 0] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (name == NULL && is_line(line, "dataset_name", &value))
			name = mem_strdup(value);
		else if ((is_line(line, "writes", &value) || is_line(line, "nwritten", &value) ||
			  is_line(line, "nunlinks", &value)) &&
			 num_parse_u64(value, &one))
			*count = *count * 31 + one;
	}
	return name;
}

/* Everything that is counted in a pool. */
static void read_pool(struct written_counters *w, const char *pool)
{
	char *path = str_fmt(STATS "/%s", pool);
	DIR *dir = opendir(path);

	for (struct dirent *d; dir != NULL && (d = readdir(dir)) != NULL;) {
		if (strncmp(d->d_name, "objset-", 7) != 0)
			continue;
		char *file = str_fmt("%s/%s", path, d->d_name);
		uint64_t count;
		char *name = read_file(file, &count);
		if (name != NULL && name_is_dataset(name))
			nv_add_str(w->files, name, file);
		free(name);
		free(file);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
}

/* False: nothing is known of where it is, or it is not there any more. */
static bool count_one(const struct written_counters *w, const char *name, uint64_t *count)
{
	const char *file = nv_str(w->files, name);
	char *whose = file != NULL ? read_file(file, count) : NULL;
	bool same = whose != NULL && strcmp(whose, name) == 0;

	free(whose);
	return same;
}

static void forget_pool(struct written_counters *w, const char *pool)
{
	struct strv gone = {0};

	nv_each(w->files, p)
		if (name_same_pool(nvpair_name(p), pool))
			strv_add(&gone, nvpair_name(p));
	for (size_t i = 0; i < gone.n; i++)
		nv_remove(w->files, gone.items[i]);
	strv_free(&gone);
}

static void count_singly(struct written_counters *w, char *const *names, size_t n, nvlist_t *counts)
{
	struct strv read = {0}; /* pools */
	uint64_t took = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t count, now = clock_ms();
		char *pool = name_pool(names[i]);
		bool known = nv_str(w->files, names[i]) != NULL;
		if (!count_one(w, names[i], &count) && !strv_has(&read, pool) &&
		    (known || now >= w->read_after)) {
			forget_pool(w, pool);
			read_pool(w, pool);
			strv_add(&read, pool);
			took += clock_ms() - now;
		}
		if (count_one(w, names[i], &count))
			nv_add_u64(counts, names[i], count);
		free(pool);
	}
	if (read.n > 0)
		w->read_after =
		    clock_ms() + (took * AGAIN_SHARE > AGAIN_MS ? took * AGAIN_SHARE : AGAIN_MS);
	strv_free(&read);
}

/* Who is below is not known beforehand. */
static void count_trees(struct written_counters *w, char *const *names, size_t n, nvlist_t *counts)
{
	struct strv pools = name_pools(names, n);

	for (size_t i = 0; i < pools.n; i++) {
		forget_pool(w, pools.items[i]);
		read_pool(w, pools.items[i]);
	}
	nv_each(w->files, p) {
		uint64_t count;
		char *above = mem_strdup(nvpair_name(p));
		bool is = count_one(w, above, &count);
		for (char *slash = above; is && slash != NULL;) {
			if (sorted_has(names, n, above))
				nv_add_u64(counts, above, nv_u64(counts, above, 0) + count);
			if ((slash = strrchr(above, '/')) != NULL)
				*slash = '\0';
		}
		free(above);
	}
	strv_free(&pools);
}

void written_count(struct written_counters *w, char *const *names, size_t n, bool trees,
		   nvlist_t *counts)
{
	if (w == NULL || access(STATS, X_OK) != 0)
		return;
	pthread_mutex_lock(&w->lock);
	if (trees)
		count_trees(w, names, n, counts);
	else
		count_singly(w, names, n, counts);
	pthread_mutex_unlock(&w->lock);
}
