/* Written from documentation; not tried on FreeBSD. */
#include "os/peer.h"

#include <unistd.h>

bool os_peer(int fd, uid_t *uid)
{
	gid_t gid;

	return getpeereid(fd, uid, &gid) == 0;
}
