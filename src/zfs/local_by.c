#include "zfs/local_by.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/process.h"
#include "util/mem.h"
#include "util/source.h"
#include "zfs/local.h"
#include "zfs/lock.h"

/* "TAG:by" of "TAG:switch"; NULL: it is another property. The caller frees. */
static char *by_of(const char *prop)
{
	const char *colon = strrchr(prop, ':');

	return colon != NULL && strcmp(colon, ":switch") == 0
		   ? str_fmt("%.*s:by", (int)(colon - prop), prop)
		   : NULL;
}

static void add_to(const struct local *l, const nvlist_t *one, nvlist_t *copy)
{
	nv_each(one, p) {
		char *by = by_of(nvpair_name(p));
		const char *value = nv_str(one, nvpair_name(p));
		if (by != NULL && value != NULL && strncmp(value, "leaving ", 8) == 0) {
			char *text = str_fmt("%ld %" PRIu64 " %" PRIu64, (long)getpid(),
					     process_began(getpid()), locks_place(l->locks));
			nv_add_str(copy, by, text);
			free(text);
		} else if (by != NULL) {
			nv_add_flag(copy, by);
		}
		free(by);
	}
}

nvlist_t *by_add(const struct local *l, const nvlist_t *props)
{
	nvlist_t *all = nv_new();

	nv_each(props, d) {
		const nvlist_t *one = nv_nv(props, nvpair_name(d));
		nvlist_t *copy = one != NULL ? nv_dup(one) : nv_new();
		if (one != NULL)
			add_to(l, one, copy);
		nv_add_nv(all, nvpair_name(d), copy);
		nv_free(copy);
	}
	return all;
}

bool by_another(const struct local *l, const char *tag, const nvlist_t *one)
{
	char *key = str_fmt("%s:by", tag);
	const char *text = nv_str(nv_nv(one, "value"), key);
	const char *source = nv_str(nv_nv(one, "source"), key);
	uint64_t began = 0, place = 0;
	long pid = 0;
	bool told = text != NULL && source_is_local(source) &&
		    sscanf(text, "%ld %" SCNu64 " %" SCNu64, &pid, &began, &place) == 3 &&
		    pid > 1 && pid < INT32_MAX;

	free(key);
	/* Whoever shares our locks would have kept us out. */
	if (!told || place == locks_place(l->locks) || (pid_t)pid == getpid())
		return false;
	uint64_t is = process_began((pid_t)pid);
	/* Where processes of others are hidden, the id has to do. */
	return is != 0 ? is == began : kill((pid_t)pid, 0) != 0 && errno == EPERM;
}
