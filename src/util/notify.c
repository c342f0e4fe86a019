#include "util/notify.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/datagram.h"
#include "util/num.h"

void notify_send(const char *lines)
{
	const char *to = getenv("NOTIFY_SOCKET");

	if (to != NULL)
		(void)datagram_send(to, lines, strlen(lines));
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
