#include "util/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/num.h"

void notify_send(const char *lines)
{
	const char *to = getenv("NOTIFY_SOCKET");
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t len = to != NULL ? strlen(to) : 0;

	if (len < 2 || len >= sizeof(at.sun_path) || (*to != '/' && *to != '@'))
		return;
	memcpy(at.sun_path, to, len);
	if (*to == '@') /* a name without a file */
		at.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
		     (const struct sockaddr *)&at,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

uint64_t notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t n, whose;

	if (usec == NULL || !num_parse_u64(usec, &n))
		return 0;
	if (pid != NULL && (!num_parse_u64(pid, &whose) || whose != (uint64_t)getpid()))
		return 0;
	return n / 1000;
}
