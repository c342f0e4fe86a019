/* What systems number differently and POSIX does not name. Includes nothing of ours: util/ may include it. */
#ifndef ZREP_OS_ERRORS_H
#define ZREP_OS_ERRORS_H

#include <errno.h>

/* OpenZFS's ECKSUM, as libzfs_core hands it to us. */
#ifdef __FreeBSD__
#define OS_ECKSUM EINTEGRITY
#else
#define OS_ECKSUM EBADE
#endif

#endif
