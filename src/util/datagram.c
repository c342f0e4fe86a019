#include "util/datagram.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool datagram_send(const char *to, const char *data, size_t len)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t n = strlen(to);

	if (n < 2 || n >= sizeof(at.sun_path) || (*to != '/' && *to != '@'))
		return false;
	memcpy(at.sun_path, to, n);
	if (*to == '@')
		at.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool sent = sendto(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&at,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == (ssize_t)len;
	close(fd);
	return sent;
}
