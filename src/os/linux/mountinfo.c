#include "os/linux/mountinfo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "util/mem.h"
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
	unsigned major_, minor_;

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
	    !parse_small(f[2], &major_) || !parse_small(colon + 1, &minor_))
		return false;
	m->dev = makedev(major_, minor_);
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

struct err *mounts_parse(const char *text, struct mounts *out)
{
	char *copy = mem_strdup(text), *save = NULL;
	struct err *e = NULL;

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
			mounts_add(out, one);
		}
		free(shown);
	}
	mounts_set_depths(out);
	free(copy);
	return e;
}
