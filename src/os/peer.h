#ifndef ZREP_OS_PEER_H
#define ZREP_OS_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* Whose process is at the other end of a local socket? False: the system does not say. */
bool os_peer(int fd, uid_t *uid);

#endif
