#include "util/name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <strings.h>

#include "util/num.h"
#include "util/remedy.h"

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
}

static bool component_char(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("-_.: ", c) != NULL);
}

/* What is wrong with one component, NULL for nothing. */
static const char *component_fault(const char *s, size_t n)
{
	if (n == 0)
		return "it has an empty component";
	if ((n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
		return "\".\" and \"..\" are not components";
	for (size_t i = 0; i < n; i++)
		if (!component_char(s[i]))
			return "it has a character that ZFS does not take in a name";
	return NULL;
}

static const char *dataset_fault(const char *name)
{
	size_t len = strnlen(name, NAME_DATASET_MAX + 1);

	if (len == 0)
		return "it is empty";
	if (len > NAME_DATASET_MAX)
		return "it is longer than 255 bytes";
	if (!is_alpha(name[0]))
		return "a pool name begins with a letter";
	if (name[len - 1] == ' ')
		return "it ends in a blank";
	for (const char *p = name;;) {
		size_t n = strcspn(p, "/");
		const char *fault = component_fault(p, n);
		if (fault != NULL)
			return fault;
		if (p[n] == '\0')
			return NULL;
		p += n + 1;
	}
}

bool name_is_dataset(const char *name)
{
	return dataset_fault(name) == NULL;
}

struct err *name_check_dataset(const char *name)
{
	if (strchr(name, '@') != NULL || strchr(name, '#') != NULL) {
		struct err *e = err_new(ERR_USAGE, "%s is a %s, not a filesystem or volume", name,
					strchr(name, '@') != NULL ? "snapshot" : "bookmark");
		return err_remedy(e, "name the dataset: %.*s", (int)strcspn(name, "@#"), name);
	}
	const char *fault = dataset_fault(name);
	if (fault == NULL)
		return NULL;
	return err_new(ERR_USAGE, "\"%.300s\" is no dataset name: %s", name, fault);
}

/* A dataset, the sign, and a component. */
static bool is_part_of(const char *name, char sign)
{
	const char *at = strchr(name, sign);

	if (at == NULL || strnlen(name, NAME_DATASET_MAX + 1) > NAME_DATASET_MAX)
		return false;
	char front[NAME_DATASET_MAX + 1];
	size_t n = (size_t)(at - name);
	memcpy(front, name, n);
	front[n] = '\0';
	return name_is_dataset(front) && component_fault(at + 1, strlen(at + 1)) == NULL;
}

bool name_is_snapshot(const char *name)
{
	return is_part_of(name, '@');
}

bool name_is_bookmark(const char *name)
{
	return is_part_of(name, '#');
}

struct err *name_check_host(const char *host)
{
	const char *fault = NULL;

	if (*host == '\0')
		fault = "it is empty";
	else if (strnlen(host, 256) > 255)
		fault = "it is longer than 255 bytes";
	else if (*host == '-')
		fault = "it begins with '-', which ssh would take for an option";
	else if (host[0] == '@' || strchr(host, '@') != strrchr(host, '@') ||
		 host[strlen(host) - 1] == '@')
		fault = "it is not of the form user@host";
	else if (strstr(host, "@-") != NULL)
		fault = "the part after '@' begins with '-'";
	for (const char *p = host; fault == NULL && *p != '\0'; p++)
		if (!is_alnum(*p) && strchr("._:%@[]-", *p) == NULL)
			fault = "only letters, digits and ._:%@[]- may stand in it";
	if (fault == NULL)
		return NULL;
	return err_remedy(err_new(ERR_USAGE, "\"%.300s\" is no host name: %s", host, fault),
			  "give a host as ssh takes it; options belong into ssh's own config file");
}

bool name_is_host(const char *host)
{
	struct err *e = name_check_host(host);

	err_free(e);
	return e == NULL;
}

struct err *name_check_tag(const char *tag)
{
	size_t n = strnlen(tag, 33);
	bool ok = n > 0 && n <= 32 && is_alnum(tag[0]);

	for (size_t i = 0; ok && i < n; i++)
		ok = (tag[i] >= 'a' && tag[i] <= 'z') || (tag[i] >= '0' && tag[i] <= '9') ||
		     strchr("_-.", tag[i]) != NULL;
	if (ok)
		return NULL;
	return err_remedy(
	    err_new(ERR_USAGE, "\"%.64s\" is no tag", tag),
	    "a tag is up to 32 lower case letters, digits and _-. (it stands in front "
	    "of property and snapshot names)");
}

bool name_is_prop_printed(const char *prop)
{
	size_t n = strnlen(prop, 257);

	return n > 0 && n <= 256 && strspn(prop, "abcdefghijklmnopqrstuvwxyz0123456789:+._-@") == n;
}

bool name_is_prop(const char *prop)
{
	/* No '=' and no leading '-': it becomes an argument of `zfs set`. */
	return prop[0] != '-' && name_is_prop_printed(prop);
}

bool name_same_host(const char *a, const char *b)
{
	size_t la = strcspn(a, "."), lb = strcspn(b, ".");

	if (strcasecmp(a, b) == 0)
		return true;
	/* Two full names must agree in full; a short one stands for any of its domain. An address
	 * has dots as well and is compared whole. */
	if (isdigit((unsigned char)a[0]) || isdigit((unsigned char)b[0]))
		return false;
	if (a[la] != '\0' && b[lb] != '\0')
		return false;
	return la == lb && la > 0 && strncasecmp(a, b, la) == 0;
}

const char *name_host_part(const char *stored)
{
	const char *at = strchr(stored, '@');

	return at != NULL ? at + 1 : stored;
}

bool name_names_host(const char *stored, const char *host)
{
	return name_same_host(stored, host) || name_same_host(name_host_part(stored), host);
}

bool name_is_rest(const char *a_host, const char *a, const char *b_host, const char *b,
		  const char *rest)
{
	size_t n = strlen(a);

	return name_same_host(a_host, b_host) && strncmp(a, b, n) == 0 && strcmp(b + n, rest) == 0;
}

bool name_within(const char *inner, const char *outer)
{
	size_t n = strlen(outer);

	return strncmp(inner, outer, n) == 0 && (inner[n] == '\0' || inner[n] == '/');
}

char *name_make_room(const char *dataset)
{
	return remedy_fmt("{zfs rename %s %s_moved}", dataset, dataset);
}

char *name_between(const char *dataset)
{
	return str_fmt("%s_between", dataset);
}

char *name_timed(const char *dataset, const char *infix, uint64_t time)
{
	time_t t = (time_t)time;
	struct tm tm;
	char when[32];

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	return str_fmt("%s%s%s", dataset, infix, when);
}

size_t name_pool_len(const char *dataset)
{
	return strcspn(dataset, "/@#");
}

char *name_pool(const char *name)
{
	return str_fmt("%.*s", (int)name_pool_len(name), name);
}

struct strv name_pools(char *const *names, size_t n)
{
	struct strv pools = {0};

	for (size_t i = 0; i < n; i++) {
		char *pool = name_pool(names[i]);
		if (!strv_has(&pools, pool))
			strv_add(&pools, pool);
		free(pool);
	}
	return pools;
}

bool name_same_pool(const char *a, const char *b)
{
	size_t n = name_pool_len(a);

	return name_pool_len(b) == n && strncmp(a, b, n) == 0;
}

char *name_dataset(const char *name)
{
	return str_fmt("%.*s", (int)strcspn(name, "@#"), name);
}

char *name_parent(const char *dataset)
{
	const char *slash = strrchr(dataset, '/');

	return slash != NULL ? str_fmt("%.*s", (int)(slash - dataset), dataset) : NULL;
}

const char *name_snap_part(const char *name)
{
	const char *at = strchr(name, '@');

	return at == NULL ? NULL : at + 1;
}

bool name_parse_seq(const char *part, const char *tag, struct name_seq *out)
{
	static const char suffix[] = "_unsent";
	size_t n = strlen(tag);
	char hex[17];

	if (strncmp(part, tag, n) != 0 || part[n] != '_')
		return false;
	part += n + 1;
	size_t digits = strspn(part, "0123456789abcdefABCDEF");
	if (digits < 6 || digits > 15)
		return false;
	if (part[digits] != '\0' && strcmp(part + digits, suffix) != 0)
		return false;
	memcpy(hex, part, digits);
	hex[digits] = '\0';
	out->unsent = part[digits] != '\0';
	return num_parse_hex(hex, &out->number);
}

bool name_seq_tag(const char *part, char tag[NAME_TAG_MAX + 1])
{
	struct name_seq seq;

	/* The number is behind the last '_' but for that of "_unsent". */
	for (size_t n = strlen(part); n > 0; n--) {
		if (part[n] != '_' || n > NAME_TAG_MAX)
			continue;
		memcpy(tag, part, n);
		tag[n] = '\0';
		struct err *e = name_check_tag(tag);
		bool ok = e == NULL && name_parse_seq(part, tag, &seq);
		err_free(e);
		if (ok)
			return true;
	}
	return false;
}

char *name_seq(const char *tag, uint64_t number)
{
	return str_fmt("%s_%06" PRIx64, tag, number);
}

char *name_mark(const char *tag, uint64_t guid)
{
	return str_fmt("%s_%016" PRIx64, tag, guid);
}

bool name_is_mark(const char *part, const char *tag, uint64_t guid)
{
	size_t n = strlen(tag);
	char digits[17];

	snprintf(digits, sizeof(digits), "%016" PRIx64, guid);
	return strncmp(part, tag, n) == 0 && part[n] == '_' && strcmp(part + n + 1, digits) == 0;
}

bool name_is_user_prop(const char *prop)
{
	return strchr(prop, ':') != NULL;
}
