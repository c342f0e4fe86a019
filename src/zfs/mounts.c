#include "zfs/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"

/* Splits off the text up to the next blank, in place. A field may be empty: the source of a mount can
 * be. NULL when there is no more. */
static char *next_field(char **rest)
{
	char *field = *rest;

	if (field == NULL)
		return NULL;
	char *blank = strchr(field, ' ');
	if (blank != NULL)
		*blank++ = '\0';
	*rest = blank;
	return field;
}

/* Blanks, tabs, line feeds and backslashes stand as "\040" and so on. In place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; to++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3 && s[1] <= '3') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

static bool parse_small(const char *text, unsigned *out)
{
	uint64_t v;

	if (text == NULL || !num_parse_u64(text, &v) || v > UINT32_MAX)
		return false;
	*out = (unsigned)v;
	return true;
}

/* "36 35 98:0 / /mnt rw,noatime master:1 - zfs tank/a rw,xattr": what stands between the sixth field and
 * the "-" may be missing or more. */
static bool parse_line(char *line, struct mount *m)
{
	char *f[6], *field;

	for (size_t i = 0; i < 6; i++)
		if ((f[i] = next_field(&line)) == NULL)
			return false;
	do {
		if ((field = next_field(&line)) == NULL)
			return false;
	} while (strcmp(field, "-") != 0);
	char *type = next_field(&line), *source = next_field(&line), *super = line;
	char *colon = strchr(f[2], ':');
	if (colon == NULL || type == NULL || source == NULL)
		return false;
	*colon = '\0';
	if (!parse_small(f[0], &m->id) || !parse_small(f[1], &m->parent) ||
	    !parse_small(f[2], &m->major) || !parse_small(colon + 1, &m->minor))
		return false;
	unescape(f[3]);
	unescape(f[4]);
	unescape(source);
	m->root = mem_strdup(f[3]);
	m->point = mem_strdup(f[4]);
	m->options = mem_strdup(f[5]);
	m->type = mem_strdup(type);
	m->source = mem_strdup(source);
	m->readonly =
	    super != NULL && strncmp(super, "ro", 2) == 0 && (super[2] == ',' || super[2] == '\0');
	return true;
}

static const struct mount *by_id(const struct mounts *m, unsigned id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].id == id)
			return &m->items[i];
	return NULL;
}

/* A mount whose parent cannot be seen from here is a root; so may be one that is its own parent. */
static size_t depth_of(const struct mounts *m, const struct mount *one)
{
	size_t depth = 0;

	while (depth < m->n && one->parent != one->id && (one = by_id(m, one->parent)) != NULL)
		depth++;
	return depth;
}

struct err *mounts_parse(const char *text, struct mounts *out)
{
	char *copy = mem_strdup(text), *save = NULL;
	struct err *e = NULL;
	size_t cap = 0;

	*out = (struct mounts){0};
	for (char *line = strtok_r(copy, "\n", &save); line != NULL && e == NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		struct mount one = {0};
		char *shown = str_clean(str_fmt("%.200s", line));
		if (!parse_line(line, &one)) {
			e = err_new(ERR_FAILED,
				    "the kernel's list of mounts has a line that zrep does not "
				    "understand: \"%s\"",
				    shown);
		} else {
			if (out->n == cap) {
				cap = cap ? cap * 2 : 32;
				out->items = mem_array(out->items, cap, sizeof(one));
			}
			out->items[out->n++] = one;
		}
		free(shown);
	}
	for (size_t i = 0; i < out->n; i++)
		out->items[i].depth = depth_of(out, &out->items[i]);
	free(copy);
	return e;
}

struct err *mounts_read(struct mounts *out)
{
	struct buf text = {0};
	char chunk[65536];
	ssize_t n;
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	*out = (struct mounts){0};
	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0)
		return err_sys(ERR_FAILED, errno, "cannot open /proc/self/mountinfo");
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(&text, chunk, (size_t)n);
	struct err *e = n < 0 ? err_sys(ERR_FAILED, errno, "cannot read /proc/self/mountinfo")
			      : mounts_parse(buf_str(&text), out);
	close(fd);
	buf_free(&text);
	return e;
}

void mounts_free(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].root);
		free(m->items[i].point);
		free(m->items[i].options);
		free(m->items[i].type);
		free(m->items[i].source);
	}
	free(m->items);
	*m = (struct mounts){0};
}

const struct mount *mounts_next(const struct mounts *m, const char *dataset,
				const struct mount *last)
{
	for (size_t i = last != NULL ? (size_t)(last - m->items) + 1 : 0; i < m->n; i++)
		if (strcmp(m->items[i].type, "zfs") == 0 &&
		    strcmp(m->items[i].source, dataset) == 0)
			return &m->items[i];
	return NULL;
}

/* Of two at one depth the later one may cover the earlier. */
static int deepest_first(const void *a, const void *b)
{
	const struct mount *x = *(const struct mount *const *)a;
	const struct mount *y = *(const struct mount *const *)b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? 1 : -1;
	return (x < y) - (x > y);
}

const struct mount **mounts_within(const struct mounts *m, char *const *names, size_t n,
				   size_t *found)
{
	const struct mount **all = mem_array(NULL, m->n, sizeof(*all));

	*found = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *one = &m->items[i];
		if (strcmp(one->type, "zfs") != 0 || !name_is_dataset(one->source))
			continue;
		for (size_t j = 0; j < n; j++)
			if (name_within(one->source, names[j])) {
				all[(*found)++] = one;
				break;
			}
	}
	if (*found > 1)
		qsort(all, *found, sizeof(*all), deepest_first);
	return all;
}
