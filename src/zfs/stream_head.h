/* The beginning of a ZFS stream says which snapshot it is of, and which one it begins from: layout of OpenZFS's struct
 * dmu_replay_record, whose header is in no package. Pure. */
#ifndef ZREP_ZFS_STREAM_HEAD_H
#define ZREP_ZFS_STREAM_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_HEAD_LEN 56u

struct stream_head {
	uint64_t to, from; /* what has to be there; 0: anything */
	/* It is of one snapshot, without properties of its own, and ... */
	bool plain;
	bool clone; /* ... may be of a clone: whoever receives it has said of what */
	unsigned char bytes[STREAM_HEAD_LEN];
	size_t have;
};

/* The next bytes of the stream. False: it is of another snapshot. What is no such stream at all passes, if it need not be
 * plain. */
bool stream_head_take(struct stream_head *h, const void *data, size_t len);

#endif
