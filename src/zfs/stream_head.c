#include "zfs/stream_head.h"

#include <string.h>

/* struct dmu_replay_record: two 32 bit fields, and then of its drr_begin: magic, version (its lowest two bits say what kind
 * of stream it is), time, type and flags, toguid, fromguid. In the byte order of who sends. */
#define DRR_BEGIN 0u
#define MAGIC 0x2F5bacbacULL
#define AT_MAGIC 8u
#define AT_VERSION 16u
#define AT_FLAGS 36u
#define AT_TO 40u
#define AT_FROM 48u
#define KIND_MASK 3u
#define KIND_SUBSTREAM 1u
#define FLAG_CLONE 1u

static uint64_t field(const struct stream_head *h, size_t at, bool swap)
{
	uint64_t v;

	memcpy(&v, h->bytes + at, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

/* A package may bring properties, or more than one dataset; and `zfs receive` looks through the whole pool for what a clone
 * is of. */
static bool is_plain(const struct stream_head *h, bool swap)
{
	uint32_t flags;

	memcpy(&flags, h->bytes + AT_FLAGS, sizeof(flags));
	flags = swap ? __builtin_bswap32(flags) : flags;
	return (field(h, AT_VERSION, swap) & KIND_MASK) == KIND_SUBSTREAM &&
	       (h->clone || (flags & FLAG_CLONE) == 0);
}

static bool is_right(const struct stream_head *h)
{
	bool swap = field(h, AT_MAGIC, false) != MAGIC;
	uint32_t type;

	memcpy(&type, h->bytes, sizeof(type));
	/* What is no stream of ZFS's, ZFS says itself. */
	if (type != DRR_BEGIN || field(h, AT_MAGIC, swap) != MAGIC)
		return !h->plain;
	if (h->plain && !is_plain(h, swap))
		return false;
	return (h->to == 0 || field(h, AT_TO, swap) == h->to) &&
	       (h->from == 0 || field(h, AT_FROM, swap) == h->from);
}

bool stream_head_take(struct stream_head *h, const void *data, size_t len)
{
	size_t missing = STREAM_HEAD_LEN - h->have, n = len < missing ? len : missing;

	if (missing == 0 || (h->to == 0 && h->from == 0 && !h->plain))
		return true;
	memcpy(h->bytes + h->have, data, n);
	h->have += n;
	return h->have < STREAM_HEAD_LEN || is_right(h);
}
