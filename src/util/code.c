#include "util/code.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include "os/errors.h"
#include "util/mem.h"

#define ZFS_ERR_FIRST 1024

/* By their numbers on the wire. Never change one; man/zrep-protocol.5 refers to them. */
static const int codes[] = {
    [1] = EPERM,        [2] = ENOENT,      [3] = ESRCH,          [4] = EINTR,
    [5] = EIO,          [6] = ENXIO,       [7] = E2BIG,          [8] = ENOEXEC,
    [9] = EBADF,        [10] = ECHILD,     [11] = EAGAIN,        [12] = ENOMEM,
    [13] = EACCES,      [14] = EFAULT,     [16] = EBUSY,         [17] = EEXIST,
    [18] = EXDEV,       [19] = ENODEV,     [20] = ENOTDIR,       [21] = EISDIR,
    [22] = EINVAL,      [23] = ENFILE,     [24] = EMFILE,        [25] = ENOTTY,
    [26] = ETXTBSY,     [27] = EFBIG,      [28] = ENOSPC,        [29] = ESPIPE,
    [30] = EROFS,       [31] = EMLINK,     [32] = EPIPE,         [33] = EDOM,
    [34] = ERANGE,      [35] = EDEADLK,    [36] = ENAMETOOLONG,  [37] = ENOLCK,
    [38] = ENOSYS,      [39] = ENOTEMPTY,  [40] = ELOOP,         [52] = OS_ECKSUM,
    [71] = EPROTO,      [74] = EBADMSG,    [75] = EOVERFLOW,     [95] = EOPNOTSUPP,
    [104] = ECONNRESET, [110] = ETIMEDOUT, [111] = ECONNREFUSED, [113] = EHOSTUNREACH,
    [116] = ESTALE,     [122] = EDQUOT,    [125] = ECANCELED,
};

uint64_t code_to_wire(int code)
{
	if (code >= ZFS_ERR_FIRST)
		return (uint64_t)code;
	for (size_t i = 0; i < ARRAY_LEN(codes) && code > 0; i++)
		if (codes[i] == code)
			return i;
	return 0;
}

int code_from_wire(uint64_t wire)
{
	if (wire >= ZFS_ERR_FIRST && wire <= INT_MAX)
		return (int)wire;
	return wire < ARRAY_LEN(codes) ? codes[wire] : 0;
}
