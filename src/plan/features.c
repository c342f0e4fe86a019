/* Features of pools; see the header. */
#include "plan/features.h"

#include <inttypes.h>
#include <string.h>

#include "state/picture.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/nv.h"

enum need { NEED_NOT, NEED_PERHAPS, NEED_IT };

static const char *native(const struct dataset *d, const char *prop)
{
	return nv_str(d->native, prop);
}

static enum need begins(const struct dataset *d, const char *prop, const char *word)
{
	const char *value = native(d, prop);

	return value == NULL                             ? NEED_PERHAPS
	       : strncmp(value, word, strlen(word)) == 0 ? NEED_IT
							 : NEED_PERHAPS;
}

static enum need large_blocks(const struct dataset *d)
{
	const char *value = native(d, d->type == TYPE_VOLUME ? "volblocksize" : "recordsize");
	uint64_t n;

	return value != NULL && num_parse_u64(value, &n) && n > 128u << 10 ? NEED_IT : NEED_PERHAPS;
}

static enum need zstd(const struct dataset *d)
{
	return begins(d, "compression", "zstd");
}

static enum need large_dnode(const struct dataset *d)
{
	const char *value = native(d, "dnodesize");

	if (d->type == TYPE_VOLUME)
		return NEED_NOT;
	return value != NULL && strcmp(value, "legacy") != 0 ? NEED_IT : NEED_PERHAPS;
}

static enum need encryption(const struct dataset *d)
{
	return d->encrypted ? NEED_IT : NEED_NOT;
}

static enum need perhaps(const struct dataset *d)
{
	(void)d;
	return NEED_PERHAPS;
}

/* What zfs-send(8) and dmu_backup features are about: all others concern a pool alone. `needs` says what the dataset's own
 * properties tell; data that was written under older ones may use a feature as well. */
static const struct {
	const char *feature;
	enum need (*needs)(const struct dataset *d); /* NULL: see checksum() */
} of_streams[] = {
    {"encryption", encryption},
    {"large_blocks", large_blocks},
    {"zstd_compress", zstd},
    {"large_dnode", large_dnode},
    {"lz4_compress", perhaps},
    {"embedded_data", perhaps},
    {"longname", perhaps},
    {"large_microzap", perhaps},
    {"sha512", NULL},
    {"skein", NULL},
    {"edonr", NULL},
    {"blake3", NULL},
};

/* `state`: of one feature, NULL where that ZFS does not know it. */
static bool is_on(const char *state)
{
	return state != NULL && (strcmp(state, "enabled") == 0 || strcmp(state, "active") == 0);
}

static bool has_chosen_checksum(const struct dataset *d)
{
	return d != NULL && d->props != NULL && nvlist_exists(d->props, "checksum");
}

/* The feature of a checksum is called as that is. No stream needs it, but the replica does, to be given the same one; unless
 * another one was chosen for it with -o or -x (which of the two that is, the roles do not say any more). */
static enum need checksum(const struct endpoint *from, const struct endpoint *to,
			  const char *feature)
{
	const char *value = native(from->d, "checksum");
	bool chosen = has_chosen_checksum(from->d) || has_chosen_checksum(to->d);

	return value != NULL && strcmp(value, feature) == 0 && !chosen ? NEED_IT : NEED_NOT;
}

struct lacking plan_lacking(const struct endpoint *from, const struct endpoint *to, size_t *at)
{
	const struct dataset *d = from->d;

	if (d == NULL || from->pool == NULL || to->pool == NULL || from->pool->features == NULL ||
	    to->pool->features == NULL)
		return (struct lacking){0};
	while (*at < ARRAY_LEN(of_streams)) {
		size_t i = (*at)++;
		const char *used = nv_str(from->pool->features, of_streams[i].feature),
			   *there = nv_str(to->pool->features, of_streams[i].feature);
		enum need need = of_streams[i].needs != NULL
				     ? of_streams[i].needs(d)
				     : checksum(from, to, of_streams[i].feature);
		bool active = used != NULL && strcmp(used, "active") == 0;
		if (is_on(there) || need == NEED_NOT || (need == NEED_PERHAPS && !active))
			continue;
		return (struct lacking){.feature = of_streams[i].feature,
					.known = there != NULL,
					.needed = need == NEED_IT};
	}
	return (struct lacking){0};
}

struct err *plan_lacking_error(const struct lacking *l, const struct endpoint *from,
			       const struct endpoint *to)
{
	int from_pool = (int)name_pool_len(from->name), to_pool = (int)name_pool_len(to->name);
	struct err *e =
	    l->needed
		? err_refuse(REASON_FEATURE,
			     "pool %.*s on %s has not enabled the feature %s, which %s on %s needs",
			     to_pool, to->name, to->host_name, l->feature, from->name,
			     from->host_name)
		: err_refuse(
		      REASON_FEATURE,
		      "pool %.*s on %s has not enabled the feature %s, which pool %.*s on %s "
		      "uses: a stream of a dataset that uses it would be refused",
		      to_pool, to->name, to->host_name, l->feature, from_pool, from->name,
		      from->host_name);

	if (!l->known)
		return err_remedy(e, "its ZFS does not know that feature: upgrade ZFS on %s",
				  to->host_name);
	return err_remedy(
	    e,
	    "on %s: {zpool set feature@%s=enabled %.*s} (a ZFS that does not know the "
	    "feature can then no longer write to that pool)",
	    to->host_name, l->feature, to_pool, to->name);
}
