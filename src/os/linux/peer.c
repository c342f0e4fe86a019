#include "os/peer.h"

#include <sys/socket.h>

bool os_peer(int fd, uid_t *uid)
{
	struct ucred u;
	socklen_t len = sizeof(u);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) != 0)
		return false;
	*uid = u.uid;
	return true;
}
