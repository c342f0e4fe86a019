/*
 * What is spoken on the host's unix socket, between a client process and uzfsd.
 *
 * A client sends a struct uz_req and waits for the answer; one connection carries one call at a time.
 *
 *   UZ_HELLO  first on every connection. `fd` is the number under which the client knows this very
 *             connection, when it stands in for an open /dev/zfs, else -1. `arg` is the thread's id, `cmd`
 *             the uid that ZFS is to see. Answer: an int32_t errno.
 *   UZ_IOCTL  ioctl `cmd` with its zfs_cmd_t at address `arg` of the client, whose memory the daemon reads
 *             and writes by itself. Answer: an int32_t errno, sent when the zfs_cmd_t is up to date.
 *   UZ_INTR   thread `arg` of this process caught a signal while it waited: end its stream, as a kernel
 *             would end the read or write that it sleeps in. Answer: an int32_t, 0.
 *   UZ_TEXT   a command of uzctl, `arg` bytes of words separated by NUL. Input frames follow, a uint32_t
 *             length and that many bytes each, closed by a frame of length 0. The answer is frames in the
 *             same form, closed by one of length 0 and an int32_t errno.
 */
#ifndef UZ_PROTO_H
#define UZ_PROTO_H

#include <stdint.h>

enum uz_op { UZ_HELLO = 0x757a0001, UZ_IOCTL, UZ_INTR, UZ_TEXT };

struct uz_req {
	uint32_t op;
	uint32_t cmd;
	uint64_t arg;
	int64_t fd;
};

#define UZ_FRAME (1U << 20) /* the most bytes in a frame */
#define UZ_TEXT_MAX 4096

/* Every ioctl of ZFS lies in this range, whichever the release. */
#define UZ_IS_ZFS_IOCTL(c) (((c) & ~0xffUL) == 0x5a00)

#endif
