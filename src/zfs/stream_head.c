#include "zfs/stream_head.h"

#include <string.h>

/* struct dmu_replay_record: two 32 bit fields, and then of its drr_begin: magic, version, time, type and flags, toguid,
 * fromguid. In the byte order of who sends. */
#define DRR_BEGIN 0u
#define MAGIC 0x2F5bacbacULL
#define AT_MAGIC 8u
#define AT_TO 40u
#define AT_FROM 48u

static uint64_t field(const struct stream_head *h, size_t at, bool swap)
{
	uint64_t v;

	memcpy(&v, h->bytes + at, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

static bool is_right(const struct stream_head *h)
{
	bool swap = field(h, AT_MAGIC, false) != MAGIC;
	uint32_t type;

	memcpy(&type, h->bytes, sizeof(type));
	/* What is no stream of ZFS's, ZFS says itself. */
	if (type != DRR_BEGIN || field(h, AT_MAGIC, swap) != MAGIC)
		return true;
	return (h->to == 0 || field(h, AT_TO, swap) == h->to) &&
	       (h->from == 0 || field(h, AT_FROM, swap) == h->from);
}

bool stream_head_take(struct stream_head *h, const void *data, size_t len)
{
	size_t missing = STREAM_HEAD_LEN - h->have, n = len < missing ? len : missing;

	if (missing == 0 || (h->to == 0 && h->from == 0))
		return true;
	memcpy(h->bytes + h->have, data, n);
	h->have += n;
	return h->have < STREAM_HEAD_LEN || is_right(h);
}
