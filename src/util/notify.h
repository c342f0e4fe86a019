/* What a service tells whoever started it: systemd's notify protocol, sd_notify(3), which others speak as well. */
#ifndef ZREP_UTIL_NOTIFY_H
#define ZREP_UTIL_NOTIFY_H

#include <stdint.h>

/* Sends lines as "READY=1\nSTATUS=..." to where $NOTIFY_SOCKET says. Without that, or where nobody listens: nothing. */
void notify_send(const char *lines);

/* How often it wants to hear "WATCHDOG=1" ($WATCHDOG_USEC, $WATCHDOG_PID), in milliseconds; 0: it does not. */
uint64_t notify_watchdog(void);

#endif
