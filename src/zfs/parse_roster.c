#include "zfs/parse_roster.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "util/source.h"
#include "zfs/parse_line.h"

/* The nvlist of a dataset, made where there is none yet. */
static nvlist_t *entry(nvlist_t *datasets, const char *name)
{
	if (nv_nv(datasets, name) == NULL) {
		nvlist_t *none = nv_new();
		nv_add_nv(datasets, name, none);
		nv_free(none);
	}
	return nv_nv(datasets, name);
}

void parse_roster(const char *text, const char *tag, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	size_t len = strlen(tag);

	while ((line = parse_next_line(&rest)) != NULL) {
		char *f[4];
		if (!parse_split(line, f, 4) || !name_is_dataset(f[0]) ||
		    strncmp(f[1], tag, len) != 0 || f[1][len] != ':')
			continue;
		const char *prop = f[1] + len + 1;
		if (source_is_own(f[3]) ||
		    (strcmp(prop, "rpo") == 0 && strncmp(f[3], "inherited", 9) == 0))
			nv_add_str(entry(datasets, f[0]), prop, f[2]);
	}
	free(copy);
}

/* FNV-1a. */
static uint64_t mix(uint64_t h, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return h;
}

static void add(nvlist_t *states, nvlist_t *written, const char *name, const char *line,
		uint64_t bytes)
{
	nv_add_u64(states, name, mix(nv_u64(states, name, 0xcbf29ce484222325u), line));
	nv_add_u64(written, name, nv_u64(written, name, 0) + bytes);
}

/* Of a dataset: those of the names that it is, or is below. */
static void add_above(char *const *names, size_t n, const char *dataset, const char *line,
		      uint64_t bytes, nvlist_t *states, nvlist_t *written)
{
	char *above = mem_strdup(dataset);

	for (char *slash = above; slash != NULL;) {
		if (sorted_has(names, n, above))
			add(states, written, above, line, bytes);
		if ((slash = strrchr(above, '/')) != NULL)
			*slash = '\0';
	}
	free(above);
}

void parse_written(const char *text, char *const *names, size_t n, bool trees, nvlist_t *states,
		   nvlist_t *written)
{
	char *copy = mem_strdup(text), *rest = copy, *line;

	while ((line = parse_next_line(&rest)) != NULL) {
		size_t len = strcspn(line, "\t");
		char *dataset = str_fmt("%.*s", (int)len, line);
		const char *number = line + len + (line[len] != '\0');
		char *first = str_fmt("%.*s", (int)strcspn(number, "\t"), number);
		uint64_t bytes = 0;
		bool sound = name_is_dataset(dataset) && num_parse_u64(first, &bytes);
		if (sound && trees)
			add_above(names, n, dataset, line, bytes, states, written);
		else if (sound && sorted_has(names, n, dataset))
			add(states, written, dataset, line, bytes);
		free(first);
		free(dataset);
	}
	free(copy);
}
